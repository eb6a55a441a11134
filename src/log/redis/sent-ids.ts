import { LRUCache } from 'lru-cache'
import type { EntityKey } from '../../core/ids.ts'

/** Of each entity, and entities. An entity with all of its ids weighs about 5 KB. */
const IDS = 64
const ENTITIES = 10_000

/**
 * Which entries this process has sent to Redis: one that is sent again may be there, and its script
 * has to look. Looking costs Redis 0.1 ms with 64 small entries; all others are spared it. A process that
 * starts again uses other ids, so that nobody asks what the one before it has sent.
 */
export class SentIds {
  readonly #sent = new LRUCache<EntityKey, Set<string>>({ max: ENTITIES })

  /** @returns whether it was sent before. */
  note(entity: EntityKey, id: string): boolean {
    let ids = this.#sent.get(entity)
    if (ids === undefined) {
      ids = new Set()
      this.#sent.set(entity, ids)
    }
    if (ids.has(id)) return true
    ids.add(id)
    if (ids.size > IDS) forgetOldest(ids)
    return false
  }

  forget(entity: EntityKey): void {
    this.#sent.delete(entity)
  }
}

function forgetOldest(ids: Set<string>): void {
  for (const oldest of ids) {
    ids.delete(oldest)
    return
  }
}
