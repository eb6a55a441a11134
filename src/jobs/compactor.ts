import { LRUCache } from 'lru-cache'
import type { Cancel, Clock } from '../core/clock.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Paces } from '../core/limits.ts'
import { LocalQueue } from '../queue/local.ts'
import type { Job } from '../queue/queue.ts'
import { Compaction, type CompactionContext, tellFailed } from './compaction.ts'
import { LeftAlone } from './left-alone.ts'
import { type Grown, isDue, type Schedule } from './schedule.ts'

export interface CompactorContext extends Omit<CompactionContext, 'clock' | 'unfinished'> {
  readonly clock: Clock
  readonly paces: Paces
}

/**
 * When compactions happen on a node that is alone: one entity after another.
 *
 * An entity is due after `compactEntries` entries, `compactBytes` bytes, or `compactQuiet` ms without
 * a write. What was due is remembered in memory only: an entity that is opened again with a long
 * tail is due again.
 */
export class Compactor implements Schedule {
  readonly #context: CompactorContext
  readonly #compaction: Compaction
  readonly #queue = new LocalQueue()
  /**
   * Written to, and when it was last; in that order. No Map: see `Lanes`, here it would be 8 µs an
   * update with 100,000. All that are open are in it, so it has no bound of its own.
   */
  readonly #quiet = new LRUCache<EntityKey, number>({
    maxSize: Number.MAX_SAFE_INTEGER,
    sizeCalculation: () => 1,
  })
  readonly #leftAlone: LeftAlone
  #cancelSweep: Cancel
  #closed = false

  constructor(context: CompactorContext) {
    this.#context = context
    this.#leftAlone = new LeftAlone(context.clock)
    this.#compaction = new Compaction({
      ...context,
      unfinished: (entity) => this.offer(entity),
    })
    this.#queue.take((job) => this.#run(job))
    this.#cancelSweep = this.#armSweep()
  }

  grown(entity: EntityKey, tail: Grown): void {
    const { clock, paces } = this.#context
    if (isDue(tail, paces)) this.#due({ entity, why: 'grown' })
    else if (tail.entries > 0) this.#quiet.set(entity, clock.monotonic())
    else this.#quiet.delete(entity)
  }

  offer(entity: EntityKey): void {
    this.#due({ entity, why: 'spoiled' })
  }

  /** Resolves when nothing is due any more. */
  async settled(): Promise<void> {
    await this.#queue.settled()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelSweep()
    this.#quiet.clear()
    await this.#queue.close()
  }

  #due(job: Job): void {
    if (this.#closed) return
    if (!this.#leftAlone.has(job.entity) && this.#queue.offer(job) !== 'full') {
      this.#quiet.delete(job.entity)
    } else this.#later(job.entity)
  }

  /** It stays due: the sweep comes back to it. */
  #later(entity: EntityKey): void {
    this.#quiet.set(entity, this.#context.clock.monotonic())
  }

  #armSweep(): Cancel {
    const { clock, paces } = this.#context
    return clock.after(Math.max(10, paces.compactQuiet / 4), () => {
      this.#cancelSweep = this.#armSweep()
      const before = clock.monotonic() - paces.compactQuiet
      for (const entity of this.#quietSince(before)) this.#due({ entity, why: 'quiet' })
    })
  }

  #quietSince(before: number): readonly EntityKey[] {
    const found: EntityKey[] = []
    for (const entity of this.#quiet.rkeys()) {
      if ((this.#quiet.peek(entity) ?? 0) > before) break
      found.push(entity)
    }
    return found
  }

  async #run({ entity }: Job): Promise<void> {
    try {
      // No use in coming back to it: what blocks it is there until it is removed, or a later version runs.
      if ((await this.#compaction.run(entity)) === 'blocked') this.#leftAlone.add(entity)
    } catch (thrown) {
      if (this.#closed) return
      this.#leftAlone.add(entity)
      this.#later(entity)
      tellFailed(this.#context.logger, entity, thrown)
    }
  }
}
