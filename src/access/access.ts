import type { EntityId, Tenant } from '../core/ids.ts'

/** What somebody may do to an entity; each includes those before it. `admin`: `write`, until entities can be removed. */
export type May = 'read' | 'write' | 'admin'

/** Who it is and what they may do to one entity. */
export interface Admission {
  /** Who wrote it, in the log: 1 to 256 bytes of UTF-8 without control characters. */
  readonly actor: string
  readonly tenant: Tenant
  readonly may: May
  /**
   * Wall clock, in ms: from then on the same token is refused (its `exp` and the leeway). `null`:
   * never. It may be years away, and Node fires a timer of more than 2^31 - 1 ms at once.
   */
  readonly expiresAt: number | null
}

/**
 * Decides who may do what. A foreign entity and one that does not exist answer alike: nothing here
 * knows which entities there are.
 *
 * @example const { actor, tenant, may } = await access.admit(token, entityId('notes/today'))
 */
export interface Access {
  /** Without tokens everybody is `anonymous`, may write, in the tenant `default`. */
  readonly open: boolean
  /**
   * @param token As the client sent it; `null` when it sent none.
   * @throws {TributaryError} `unauthenticated` (no token, a bad or an expired one), `forbidden` (no
   *   grant for this entity), `not-available` (the keys cannot be had, the hook is too slow). The
   *   message may be shown to the client: it holds nothing of the token.
   */
  admit(token: string | null, id: EntityId): Promise<Admission>
  /** For /readyz: what is wrong with the keys now, a line each. */
  readonly warnings: readonly string[]
  /** Ends timers and fetches. Idempotent. */
  close(): void
}

/**
 * The hook of an embedding program, in the place of keys: it reads the token itself.
 *
 * It has 5 s, then the client is told to come again; so it is when it throws. `null` means no.
 *
 * @example
 * const authorise: Authorise = async (token, entity) => {
 *   const user = await sessions.find(token)
 *   return user === null ? null : { actor: user.name, may: user.owns(entity) ? 'write' : 'read' }
 * }
 */
export type Authorise = (
  token: string | null,
  entity: string,
) => Promise<{
  actor: string
  /** `default` unless told. */
  tenant?: string
  may: May
  /** Wall clock, in ms. Never unless told. */
  expiresAt?: number
} | null>
