import { TributaryError } from '../core/errors.ts'
import type { RedisLink } from './link.ts'

/** Which Redis answers. */
export interface RedisIdentity {
  /** `master`; `slave` for one that only follows another. */
  readonly role: string
  /** Another text is another process, or another history of replication. */
  readonly history: string
}

/**
 * Asks who answers: 20 µs of Redis.
 *
 * @returns `null` when this user may not ask.
 * @throws {TributaryError} `storage`.
 */
export async function identityOfRedis(link: RedisLink): Promise<RedisIdentity | null> {
  try {
    const info = String(await link.call('INFO', 'server', 'replication'))
    const field = (name: string) => new RegExp(`^${name}:(\\S*)`, 'm').exec(info)?.[1] ?? ''
    return { role: field('role'), history: `${field('run_id')} ${field('master_replid')}` }
  } catch (error) {
    if (error instanceof TributaryError && /NOPERM/.test(error.message)) return null
    throw error
  }
}
