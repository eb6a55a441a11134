import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import type { EntityKey } from '../core/ids.ts'

/** An entity whose compaction failed, or was blocked, is left alone for so long. */
export const ALONE_MS = 60_000
/** Of how many that is remembered: one that is forgotten is tried again earlier. */
const MOST = 10_000

/**
 * Entities whose compaction came to nothing here a moment ago. Until somebody has dealt with what
 * stands in its way, trying again would read snapshot and tail for nothing. [J17]
 */
export class LeftAlone {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #since = new LRUCache<EntityKey, number>({ max: MOST })

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  add(entity: EntityKey): void {
    this.#since.set(entity, this.#clock.monotonic())
  }

  has(entity: EntityKey): boolean {
    const at = this.#since.get(entity)
    if (at === undefined) return false
    if (this.#clock.monotonic() - at < ALONE_MS) return true
    this.#since.delete(entity)
    return false
  }
}
