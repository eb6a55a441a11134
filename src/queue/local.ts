import type { EntityKey } from '../core/ids.ts'
import type { Job, Offered, Queue } from './queue.ts'

/** More entities than this do not wait: offered again they will. */
const MOST = 1_000_000

/** The queue of a node that is alone: in memory, and gone with it. */
export class LocalQueue implements Queue {
  readonly #most: number
  /** In the order in which they were offered. */
  readonly #waiting = new Map<EntityKey, Job>()
  #work: ((job: Job) => Promise<void>) | null = null
  #running: Promise<void> | null = null

  constructor(most = MOST) {
    this.#most = most
  }

  offer(job: Job): Offered {
    if (this.#waiting.has(job.entity)) return 'known'
    if (this.#waiting.size >= this.#most) return 'full'
    this.#waiting.set(job.entity, job)
    this.#run()
    return 'queued'
  }

  take(work: (job: Job) => Promise<void>): void {
    this.#work = work
    this.#run()
  }

  /** Resolves when nothing waits and nothing is under way. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  async close(): Promise<void> {
    this.#waiting.clear()
    this.#work = null
    await this.#running
  }

  #run(): void {
    if (this.#work === null || this.#running !== null || this.#waiting.size === 0) return
    this.#running = this.#doAll().finally(() => {
      this.#running = null
      this.#run()
    })
  }

  async #doAll(): Promise<void> {
    for (const [entity, job] of this.#waiting) {
      this.#waiting.delete(entity)
      // Whoever does it has told of what went wrong.
      await this.#work?.(job).catch(() => {})
    }
  }
}
