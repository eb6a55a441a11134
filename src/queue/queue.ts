import type { EntityKey } from '../core/ids.ts'

/** What is to be done about one entity. */
export interface Job {
  readonly entity: EntityKey
  /**
   * `grown`: its tail is long. `quiet`: nothing has been written to it for a while. `spoiled`: its log
   * holds what only a compaction gets rid of.
   */
  readonly why: 'grown' | 'quiet' | 'spoiled'
}

/** `known`: one for that entity waits already, and does for this. `full`: so many wait; offer it again. */
export type Offered = 'queued' | 'known' | 'full'

/**
 * Jobs, from whoever sees that something is to be done to whoever does it. Guarantees, for every
 * adapter:
 *
 * - Of the jobs of one entity that wait there is one: offered again it is the same. One that is
 *   offered while it is being done is done once more. [J2]
 * - What waits is bounded. [J2]
 * - A taker does one job after the other, in the order in which they were offered. A job whose taker
 *   dies is given to another; so a job may be done twice, also at the same time. [J3]
 * - It may be lost, when the queue is: whoever offered it finds it due again.
 */
export interface Queue {
  /** @throws {TributaryError} `storage`. */
  offer(job: Job): Offered | Promise<Offered>

  /**
   * Gives jobs to `work` from now on, one at a time. One whose work throws is tried again a few times
   * where others could do it, else it is dropped. Called once.
   */
  take(work: (job: Job) => Promise<void>): void

  /** Gives out nothing more, and resolves when what is under way here has ended, or takes too long. Idempotent. */
  close(): Promise<void>
}
