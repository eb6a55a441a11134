import type { EntityKey } from '../core/ids.ts'

/** Of each entity, and entities. An entity with all of its ids weighs about 5 KB. */
const IDS = 64
const ENTITIES = 10_000

/**
 * Which entries this process has sent to Redis: one that is sent again may be there, and its script
 * has to look. Looking costs Redis 0.1 ms with 64 small entries; all others are spared it. A process that
 * starts again uses other ids, so that nobody asks what the one before it has sent.
 */
export class SentIds {
  readonly #sent = new Map<EntityKey, Set<string>>()

  /** @returns whether it was sent before. */
  note(entity: EntityKey, id: string): boolean {
    let ids = this.#sent.get(entity)
    // Used last, forgotten last; which matters, and is paid for, when some will have to be.
    if (ids === undefined || this.#sent.size > ENTITIES / 2) {
      ids ??= new Set()
      this.#sent.delete(entity)
      this.#sent.set(entity, ids)
      trim(this.#sent, ENTITIES)
    }
    if (ids.has(id)) return true
    ids.add(id)
    trim(ids, IDS)
    return false
  }

  forget(entity: EntityKey): void {
    this.#sent.delete(entity)
  }
}

function trim<Key>(oldestFirst: Map<Key, unknown> | Set<Key>, most: number): void {
  for (const oldest of oldestFirst.keys()) {
    if (oldestFirst.size <= most) return
    oldestFirst.delete(oldest)
  }
}
