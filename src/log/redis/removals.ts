import type { Clock } from '../../core/clock.ts'
import type { EntityKey } from '../../core/ids.ts'
import { generationOf, type Position } from '../../core/position.ts'
import type { StateVector } from '../../crdt/scan.ts'
import { mergeTombstones } from '../tombstone.ts'

/** So long Redis must have been steady until a removal cannot be lost any more. */
const KEPT_MS = 60_000

interface Kept {
  readonly generation: number
  readonly stateVector: StateVector
  readonly since: number
}

/**
 * What this node has removed lately. A store that fails over to a copy which has not received a
 * removal still has the entity: the higher generation wins, so it is removed there again. [L67]
 */
export class RedisRemovals {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #kept = new Map<EntityKey, Kept>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** @param head Where the new generation begins. */
  note(entity: EntityKey, head: Position, stateVector: StateVector): void {
    const generation = generationOf(head.epoch)
    const all = this.tombstoneOf(entity, stateVector)
    this.#kept.set(entity, { generation, stateVector: all, since: this.#clock.monotonic() })
  }

  /** Of everything that was removed, as far as it is known here. */
  tombstoneOf(entity: EntityKey, more: StateVector | null): StateVector {
    const own = this.#kept.get(entity)?.stateVector ?? null
    return mergeTombstones([own, more].filter((one) => one !== null)) ?? new Map()
  }

  /** Those that may still be lost; the others are forgotten. */
  *kept(safeSince: number | null): Generator<[EntityKey, number]> {
    const now = this.#clock.monotonic()
    for (const [entity, { generation, since }] of this.#kept) {
      const isSafe = safeSince !== null && now - Math.max(since, safeSince) > KEPT_MS
      if (isSafe) this.#kept.delete(entity)
      else yield [entity, generation]
    }
  }
}
