import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAccess } from '../../src/access/create-access.ts'
import { readKeySet } from '../../src/access/key-set.ts'
import { DEFAULT_CONFIG } from '../../src/ops/options.ts'
import {
  claimsWith,
  forged,
  type Issuer,
  makeIssuer,
  refusalOf,
  SECRET,
} from '../support/issuer.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { RecordedLog } from '../support/recorded-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'tributary-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

let rsa: Issuer
let ec: Issuer
let ed: Issuer
beforeAll(async () => {
  rsa = await makeIssuer('RS256', { kid: 'r' })
  ec = await makeIssuer('ES256', { kid: 'e' })
  ed = await makeIssuer('EdDSA', { kid: 'd' })
})

function fileOf(content: unknown): string {
  const path = join(folder, `${Math.random()}`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const logger = new RecordedLog()
const accessOfFile = (authKeys: string) =>
  createAccess({ ...DEFAULT_CONFIG, authKeys }, { clock: new ManualClock(), logger })

async function lineOf(content: unknown): Promise<string> {
  const file = fileOf(content)
  const refused = await accessOfFile(file).then(
    () => 'taken',
    (error: Error & { code: string }) => `${error.code}: ${error.message}`,
  )
  expect(refused).not.toContain('\n')
  return refused.replace(file, 'FILE')
}

const SET = { keys: [{ kty: 'oct', k: Buffer.from(SECRET).toString('base64url') }] }

describe('[G8] a file of keys', () => {
  test('is a set, a key, or a public key as PEM', async () => {
    for (const { jwk, pem, sign } of [rsa, ec, ed]) {
      const token = await sign()
      for (const content of [{ keys: [jwk] }, jwk, pem, `\uFEFF${JSON.stringify(jwk)}`]) {
        expect(await refusalOf(await accessOfFile(fileOf(content)), token)).toBe('admitted')
      }
    }
    expect(logger.lines).toEqual([])
  })

  test('of PEM does not become a secret', async () => {
    const access = await accessOfFile(fileOf(rsa.pem))
    for (const secret of [rsa.pem, rsa.pem.trim()]) {
      const token = forged({ alg: 'HS256' }, claimsWith(), secret)
      expect(await refusalOf(access, token)).toMatch(/^unauthenticated: .* not signed by a key/)
    }
  })

  test('that holds others too: they are ignored, named in one line', async () => {
    const file = fileOf({
      keys: [...SET.keys, ec.jwk, { kty: 'EC', crv: 'P-384' }, rsa.privateJwk],
    })
    const access = await accessOfFile(file)
    expect(await refusalOf(access, await ec.sign())).toBe('admitted')
    expect(await refusalOf(access, forged({ alg: 'HS256' }))).toMatch(/^unauthenticated/)
    expect(logger.lines.splice(0)).toEqual([
      [
        'warn',
        'keys ignored',
        {
          file,
          why: [
            'key 1 is a secret, which no key set may hold: --auth-secret takes one',
            'key 3 is of another type than RSA, P-256 and Ed25519',
            'key 4 is private: only its public half belongs here',
          ],
        },
      ],
    ])
  })

  test('without one that can be used ends the start', async () => {
    const refused = 'bad-request: --auth-keys: FILE'
    const neither = `${refused} holds neither a JWK set, nor a JWK, nor a public key as PEM`
    const none = `${refused} has no key to be used: key 1`
    expect(await lineOf(SET)).toBe(
      `${none} is a secret, which no key set may hold: --auth-secret takes one`,
    )
    expect(await lineOf(SET.keys[0])).toMatch(/key 1 is a secret/)
    expect(await lineOf(rsa.privateJwk)).toBe(
      `${none} is private: only its public half belongs here`,
    )
    expect(await lineOf({ keys: [] })).toBe(`${refused} holds no key`)
    expect(await lineOf({ keys: {} })).toBe(`${refused} holds no JWK set and no JWK`)
    expect(await lineOf('[]')).toBe(`${refused} holds no JWK set and no JWK`)
    expect(await lineOf('')).toBe(neither)
    expect(await lineOf(SECRET)).toBe(neither)
    expect(await lineOf('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')).toBe(neither)
    expect(await lineOf(`${rsa.pem}\n${ec.pem}`)).toBe(
      `${refused} holds several PEM keys: a JWK set may hold several`,
    )
    const { privateKey } = generateKeyPairSync('ed25519')
    expect(await lineOf(privateKey.export({ type: 'pkcs8', format: 'pem' }))).toBe(
      `${refused} is a private key: \`openssl pkey -pubout\` makes the public one of it`,
    )
    await expect(accessOfFile(join(folder, 'gone'))).rejects.toThrow(
      /^--auth-keys: .*gone cannot be read: there is no such file$/,
    )
  })
})

describe('[G8] a key that cannot be used is ignored:', () => {
  const why = async (jwk: unknown): Promise<string> => {
    const { keys, ignored } = await readKeySet({ keys: [jwk] })
    expect(keys.length + ignored.length).toBe(1)
    return ignored[0] ?? 'used'
  }

  test('other uses, other algorithms, other types', async () => {
    expect(await why({ ...ec.jwk, use: 'sig', key_ops: ['verify'], alg: 'ES256' })).toBe('used')
    expect(await why({ ...ed.jwk, alg: 'Ed25519' })).toBe('used')
    expect(await why({ ...ec.jwk, use: 'enc' })).toBe('key 1 is not for signatures')
    expect(await why({ ...ec.jwk, key_ops: ['sign'] })).toBe('key 1 is not for signatures')
    expect(await why({ ...rsa.jwk, alg: 'RS512' })).toBe('key 1 is for another algorithm')
    expect(await why({ ...rsa.jwk, alg: 'HS256' })).toBe('key 1 is for another algorithm')
    expect(await why({ ...ec.jwk, tenant: 'a b' })).toBe('key 1 is for a tenant that cannot be')
    for (const odd of [null, 1, 'RSA', {}, [], { kty: 1 }, { ...ec.jwk, kid: 7 }]) {
      expect(await why(odd)).toBe('key 1 is no JWK')
    }
  })

  test('RSA below 2,048 bits, and above 8,192', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 })
    expect(await why(publicKey.export({ format: 'jwk' }))).toBe(
      'key 1 has 1024 bits: RSA keys have 2048 to 8192',
    )
    const n = Buffer.alloc(2_048, 0xff).toString('base64url')
    expect(await why({ kty: 'RSA', n, e: 'AQAB' })).toMatch(/^key 1 (has 16384 bits|is damaged)/)
  })

  test('a point that is not on the curve, and half a key', async () => {
    expect(await why({ ...ec.jwk, y: ec.jwk.x })).toBe('key 1 is damaged')
    expect(await why({ ...ed.jwk, x: 'AAAA' })).toBe('key 1 is damaged')
    expect(await why({ ...rsa.jwk, n: '' })).toMatch(/^key 1 (is damaged|has)/)
  })
})

/** What openssl makes is what people have. */
test('[G8] a certificate is a public key as PEM too', async () => {
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout'
  const key = join(folder, 'key.pem')
  const cert = execFileSync('openssl', [...args.split(' '), key], { stdio: 'pipe' })
  await expect(accessOfFile(fileOf(cert.toString()))).resolves.toMatchObject({ open: false })
})
