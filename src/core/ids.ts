import { TributaryError } from './errors.ts'

/** Whose data it is. Comes from the session's token alone; `default` without authentication. */
export type Tenant = string & { readonly __tenant: unique symbol }
/** The name of an entity inside its tenant: 1 to 256 bytes of UTF-8 without control characters. */
export type EntityId = string & { readonly __entityId: unique symbol }
/** Tenant and id as one string that no other pair has. */
export type EntityKey = string & { readonly __entityKey: unique symbol }

/** One entity, named. */
export interface EntityRef {
  readonly tenant: Tenant
  readonly id: EntityId
  readonly key: EntityKey
}

/** The longest entity id, in bytes of UTF-8. */
const MAX_ENTITY_ID_BYTES = 256

const TENANT = /^[A-Za-z0-9._-]{1,64}$/
const CONTROL = /\p{Cc}/u
const utf8 = new TextEncoder()

/** The tenant of a server without authentication. A client, which has none, is built without it. */
export const DEFAULT_TENANT = /* @__PURE__ */ tenant('default')

/** @throws {TributaryError} `bad-request` unless it is 1–64 of `A-Z a-z 0-9 . _ -`. */
export function tenant(name: string): Tenant {
  if (!TENANT.test(name)) throw new TributaryError('bad-request', `"${name}" is not a tenant name`)
  return name as Tenant
}

/**
 * Ids are compared as they are: no case folding, no Unicode normalisation.
 *
 * @throws {TributaryError} `bad-entity-id` when it is empty, over 256 bytes, holds control
 *   characters or half a surrogate pair.
 */
export function entityId(name: string): EntityId {
  const fault = faultOf(name)
  if (fault !== null) throw new TributaryError('bad-entity-id', `the entity id ${fault}`)
  return name as EntityId
}

/** Whether it would do for an entity id: the same holds for actors and for patterns of ids. */
export const isName = (text: string): boolean => faultOf(text) === null

function faultOf(name: string): string | null {
  if (name.length === 0) return 'is empty'
  if (!name.isWellFormed()) return 'is not valid Unicode'
  if (CONTROL.test(name)) return 'holds control characters'
  const bytes = utf8.encode(name).length
  return bytes > MAX_ENTITY_ID_BYTES
    ? `has ${bytes} bytes, the most is ${MAX_ENTITY_ID_BYTES}`
    : null
}

/**
 * The key is injective: a tenant holds no `/`, so the first one ends it.
 *
 * @example entityRef(DEFAULT_TENANT, entityId('notes/today')).key // 'default/notes/today'
 */
export function entityRef(owner: Tenant, id: EntityId): EntityRef {
  return { tenant: owner, id, key: `${owner}/${id}` as EntityKey }
}
