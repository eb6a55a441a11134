import type { Clock } from '../core/clock.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Paces } from '../core/limits.ts'
import type { Job, Queue } from '../queue/queue.ts'
import type { SharedSnapshots } from '../snapshots/shared.ts'
import { Compaction, type CompactionContext, tellFailed } from './compaction.ts'
import { LeftAlone } from './left-alone.ts'
import { type Grown, isDue, type Schedule } from './schedule.ts'

export interface SharedCompactorContext extends Omit<CompactionContext, 'clock' | 'unfinished'> {
  readonly clock: Clock
  readonly paces: Paces
  readonly queue: Queue
  readonly snapshots: SharedSnapshots
  /** Whether this node does the work too, or only says what is due. */
  readonly works: boolean
}

/** What this node has offered it does not offer again for so long: the work may be under way. */
const OFFERED_MS = 5_000
/** Of how many entities that is remembered. */
const MOST_OFFERED = 10_000

/**
 * When compactions happen in a cluster: whoever sees that an entity is due offers it to all workers.
 *
 * The node whose own append makes an entity due offers it, not every node that has it open. What is
 * quiet, or was left by a node that died, is found by the `DirtySweep`. [J5]
 */
export class SharedCompactor implements Schedule {
  readonly #context: SharedCompactorContext
  readonly #compaction: Compaction
  readonly #leftAlone: LeftAlone
  /** When; in that order. */
  readonly #offered = new Map<EntityKey, number>()
  #closed = false

  constructor(context: SharedCompactorContext) {
    this.#context = context
    this.#leftAlone = new LeftAlone(context.clock)
    this.#compaction = new Compaction({
      ...context,
      unfinished: (entity) => this.#offer({ entity, why: 'spoiled' }),
    })
    if (context.works) context.queue.take((job) => this.#work(job))
  }

  grown(entity: EntityKey, tail: Grown, own: boolean): void {
    if (!isDue(tail, this.#context.paces)) {
      // What was offered has been done.
      if (this.#offered.size > 0) this.#offered.delete(entity)
      return
    }
    if (!own) return
    const now = this.#context.clock.monotonic()
    const at = this.#offered.get(entity)
    if (at !== undefined && now - at < OFFERED_MS) return
    this.#offered.delete(entity)
    this.#offered.set(entity, now)
    for (const [oldest, then] of this.#offered) {
      if (this.#offered.size <= MOST_OFFERED && now - then < OFFERED_MS) break
      this.#offered.delete(oldest)
    }
    this.#offer({ entity, why: 'grown' })
  }

  /** What had been offered is done, and the tail is that long still. */
  compacted(entity: EntityKey, tail: Grown): void {
    this.#offered.delete(entity)
    this.grown(entity, tail, true)
  }

  offer(entity: EntityKey): void {
    this.#offer({ entity, why: 'spoiled' })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#context.queue.close()
  }

  /** What cannot be offered is found by the sweep. */
  #offer(job: Job): void {
    if (this.#closed) return
    Promise.resolve(this.#context.queue.offer(job)).catch(() => {})
  }

  async #work({ entity, why }: Job): Promise<void> {
    const { paces, snapshots, logger } = this.#context
    // Done, as far as the queue goes: what is due then still is offered again, or found by the sweep.
    if (this.#leftAlone.has(entity)) return
    try {
      // Offered while it was being compacted: most of it is done by now.
      const entries = why === 'grown' ? Math.ceil(paces.compactEntries / 2) : 1
      const bytes = why === 'grown' ? Math.ceil(paces.compactBytes / 2) : 1
      const result = await this.#compaction.run(entity, { entries, bytes })
      if (result === 'blocked') this.#leftAlone.add(entity)
      if (result === 'nothing' && why === 'quiet') await snapshots.rest(entity)
    } catch (thrown) {
      this.#leftAlone.add(entity)
      if (!this.#closed) tellFailed(logger, entity, thrown)
      throw thrown
    }
  }
}
