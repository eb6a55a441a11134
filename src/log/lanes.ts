import { LRUCache } from 'lru-cache'
import { NO_BRANCH } from '../core/branch.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import type { SqliteStore } from '../sqlite/store.ts'
import { Lane } from './lane.ts'

/** Ends of logs that are known without asking. One weighs 0.3 to 6 KB. */
const KNOWN = 10_000

/** The end of a log and the number of its rows. */
export interface StoredLane {
  /** `null` until it has any. */
  entity: number | null
  readonly lane: Lane
}

/** The ends of the logs that were appended to last; others are asked for, all of a group at once. */
export class Lanes {
  readonly #store: Pick<SqliteStore, 'branches'>
  /**
   * No Map out of which each is taken and put in again at its end: the places it had would stay in the
   * way of the next look until the whole Map is hashed anew, 4 µs an update with 10,000 entities.
   */
  readonly #known: LRUCache<EntityKey, StoredLane>

  constructor(store: Pick<SqliteStore, 'branches'>, most: number = KNOWN) {
    this.#store = store
    this.#known = new LRUCache({ max: most })
  }

  /** What it says of an entity that cannot be read is the error to reject its operations with. */
  async find(keys: Iterable<EntityKey>): Promise<Map<EntityKey, StoredLane | TributaryError>> {
    const found = new Map<EntityKey, StoredLane | TributaryError>()
    const unknown: EntityKey[] = []
    for (const key of new Set(keys)) {
      const lane = this.#known.get(key)
      if (lane === undefined) unknown.push(key)
      else found.set(key, lane)
    }
    const branches = unknown.length === 0 ? [] : await this.#store.branches(unknown)
    for (const [i, key] of unknown.entries()) {
      const branch = branches[i] ?? null
      if (typeof branch === 'string') {
        const message = `what is stored about the entity ${key} is ${branch}`
        found.set(key, new TributaryError('damaged', message))
      } else {
        found.set(key, { entity: branch?.entity ?? null, lane: new Lane(branch ?? NO_BRANCH) })
      }
    }
    return found
  }

  /** What was found holds: all that was put on its end is durable. */
  keep(found: ReadonlyMap<EntityKey, StoredLane | TributaryError>): void {
    for (const [key, lane] of found) {
      if (lane instanceof TributaryError) this.#known.delete(key)
      else this.#known.set(key, lane)
    }
  }

  /** A group has failed: where these logs really end has to be asked. */
  forget(keys: Iterable<EntityKey>): void {
    for (const key of keys) this.#known.delete(key)
  }
}
