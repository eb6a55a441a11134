import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { TributaryError } from '../core/errors.ts'
import { fileTrouble } from '../core/file-trouble.ts'
import type { Logger } from '../core/logger.ts'
import { KeySet, readKeySet } from './key-set.ts'

/**
 * The keys in a file: a JWK set, a single JWK, or a public key as PEM.
 *
 * @throws {TributaryError} `bad-request` in one line that names the remedy, when there is no key to
 *   be used in it. Nothing of its content is in the message: it may be a private key.
 */
export async function readKeyFile(file: string, logger: Logger): Promise<KeySet> {
  const refused = (why: string) => new TributaryError('bad-request', `--auth-keys: ${file} ${why}`)
  let text: string
  try {
    text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '')
  } catch (thrown) {
    throw refused(`cannot be read: ${fileTrouble(thrown)}`)
  }
  try {
    const { keys, ignored } = await readKeySet(contentOf(text))
    if (keys.length === 0) {
      throw new TypeError(
        ignored.length === 0 ? 'holds no key' : `has no key to be used: ${ignored[0]}`,
      )
    }
    if (ignored.length > 0) logger.warn('keys ignored', { file, why: ignored.slice(0, 10) })
    return new KeySet(keys)
  } catch (thrown) {
    throw thrown instanceof TypeError ? refused(thrown.message) : thrown
  }
}

function contentOf(text: string): unknown {
  const blocks = text.match(/^-----BEGIN .*$/gm) ?? []
  if (blocks.length > 1) throw new TypeError('holds several PEM keys: a JWK set may hold several')
  if (blocks[0]?.includes('PRIVATE')) {
    throw new TypeError('is a private key: `openssl pkey -pubout` makes the public one of it')
  }
  try {
    // As a JWK it passes the same checks as all others.
    return blocks.length === 1 ? createPublicKey(text).export({ format: 'jwk' }) : JSON.parse(text)
  } catch {
    throw new TypeError('holds neither a JWK set, nor a JWK, nor a public key as PEM')
  }
}
