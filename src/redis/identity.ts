import { followersOf } from './followers.ts'
import type { RedisLink } from './link.ts'

/** Which Redis answers. */
export interface RedisIdentity {
  /** `master`; `slave` for one that only follows another. */
  readonly role: string
  /** Another text is another process, or another history of replication. */
  readonly history: string
  /** Replicas that have said lately that they follow it. */
  readonly followers: number
}

/**
 * Asks who answers.
 *
 * @returns `null` when it does not tell us, which is no trouble. [R16]
 * @throws {TributaryError} `storage`.
 */
export async function identityOfRedis(link: RedisLink): Promise<RedisIdentity | null> {
  const info = await link.info('server', 'replication')
  if (info.size === 0) return null
  const field = (name: string) => info.get(name) ?? ''
  const history = `${field('run_id')} ${field('master_replid')}`
  return { role: field('role'), history, followers: followersOf(info) }
}
