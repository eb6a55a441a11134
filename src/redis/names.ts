import { crc32 } from 'node:zlib'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey, Tenant } from '../core/ids.ts'

/** Keys of one partition share a slot of Redis Cluster. For ever: another number moves every key. */
export const PARTITIONS = 1_024

/** The longest prefix: it is in the name of every key. */
const MAX_PREFIX = 64

/** What an entity has in Redis, by the letter in its keys. */
export interface EntityKeys {
  /** Where its log ends and begins: a string, see `lua/branch.lua`. */
  readonly meta: string
  /** Its entries: a stream. */
  readonly stream: string
  /** What was removed: a list with one record for each removal. */
  readonly tombstones: string
  /** Its two generations of snapshots: a hash. */
  readonly snapshots: string
  /** Its partition's: the entities whose streams hold entries, a sorted set. */
  readonly dirty: string
}

/**
 * Names of keys and channels: `prefix{partition}:letter:tenant/id`.
 *
 * The hash tag comes before anything a peer can choose, and Redis takes the first `{` and the first
 * `}` behind it: whatever an id holds, braces included, cannot move a key to another slot. An entity
 * key has one reading (a tenant holds no `/`), as UTF-8 as well, so no two entities share a name.
 * Pub/Sub ignores the number of the database, so channels carry it.
 *
 * @example new Names('tributary:', 0).keys(entity).meta // 'tributary:{17}:m:default/notes'
 */
export class Names {
  readonly #prefix: string
  readonly #database: number

  /** @throws {TributaryError} `bad-request` for a prefix with braces, control characters or over 64 bytes. */
  constructor(prefix: string, database: number) {
    if (!/^[^\p{Cc}{}]*$/u.test(prefix) || !prefix.isWellFormed()) {
      const message =
        'the prefix of keys holds braces or control characters: they are the hash tag’s'
      throw new TributaryError('bad-request', message)
    }
    if (Buffer.byteLength(prefix) > MAX_PREFIX) {
      throw new TributaryError('bad-request', `the prefix of keys is over ${MAX_PREFIX} bytes`)
    }
    this.#prefix = prefix
    this.#database = database
  }

  keys(entity: EntityKey): EntityKeys {
    const [head, tail] = [this.#head(entity), `:${entity}`]
    return {
      meta: `${head}m${tail}`,
      stream: `${head}l${tail}`,
      tombstones: `${head}t${tail}`,
      snapshots: `${head}s${tail}`,
      dirty: `${head}d`,
    }
  }

  /** The pieces of one snapshot: what is being written, or is too large to lie with its name. */
  pieces(entity: EntityKey, snapshot: string): string {
    return `${this.#head(entity)}p${snapshot}:${entity}`
  }

  /** Where entries of an entity are told. */
  channel(entity: EntityKey): string {
    return `${this.#head(entity)}c${this.#database}:${entity}`
  }

  /** Where what concerns all of a tenant is told. */
  tenantChannel(tenant: Tenant): string {
    return `${this.#head(tenant)}b${this.#database}:${tenant}`
  }

  /** Where nodes speak with each other. */
  get nodesChannel(): string {
    return `${this.#head('nodes')}n${this.#database}:`
  }

  /** The dirty set of a partition. */
  dirty(partition: number): string {
    return `${this.#prefix}{${partition}}:d`
  }

  /** Jobs that wait or are under way: a stream, and which entity has one waiting: a hash. */
  get jobs(): { readonly stream: string; readonly waiting: string } {
    const head = `${this.#prefix}{jobs}:`
    return { stream: `${head}l`, waiting: `${head}w` }
  }

  /** The instance mark of a partition. */
  mark(partition: number): string {
    return `${this.#prefix}{${partition}}:i`
  }

  /** Where a node says something to itself, to hear whether it comes back. */
  probeChannel(node: string): string {
    return `${this.#head(node)}h${this.#database}:${node}`
  }

  /** What was set aside, of all entities: a stream, and the sum of what it counts. */
  get aside(): { readonly stream: string; readonly sum: string } {
    const head = `${this.#prefix}{aside}:`
    return { stream: `${head}l`, sum: `${head}n` }
  }

  /** What is written to see whether anything can be. */
  get trial(): string {
    return `${this.#prefix}{trial}:w`
  }

  /** A pattern of SCAN for the snapshots of all entities. */
  get everySnapshot(): string {
    return `${this.#prefix.replace(/[\\*?[\]^-]/g, '\\$&')}{*}:s:*`
  }

  /** The entity of a key that `everySnapshot` found; `null` when it is none of ours. */
  entityOf(key: string): EntityKey | null {
    const rest = key.slice(this.#prefix.length)
    const entity = /^\{\d+\}:s:(.+)$/s.exec(rest)?.[1] as EntityKey | undefined
    return entity !== undefined && this.keys(entity).snapshots === key ? entity : null
  }

  #head(name: string): string {
    return `${this.#prefix}{${partitionOf(name)}}:`
  }
}

/** @returns 0 to 1,023. */
export const partitionOf = (name: string): number => crc32(name) % PARTITIONS
