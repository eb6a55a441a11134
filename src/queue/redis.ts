import { atMost } from '../core/at-most.ts'
import type { Cancel, Clock } from '../core/clock.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Logger } from '../core/logger.ts'
import type { RedisLink } from '../redis/link.ts'
import { text } from '../redis/rows.ts'
import type { ScriptReply } from '../redis/scripts.ts'
import type { Job, Offered, Queue } from './queue.ts'

export interface RedisQueueOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly logger: Logger
  /** Among all workers: the name of this node. */
  readonly worker: string
  /** Jobs that may be there. */
  readonly most?: number
  /** A worker that has said nothing for so long has lost its job, in ms. */
  readonly silentMs?: number
  /** How often an idle worker looks, in ms. */
  readonly pollMs?: number
  /** A worker that has not asked for so long is forgotten by the next that starts, in ms. */
  readonly goneMs?: number
}

/** Some 200 bytes of Redis each. */
const MOST = 10_000
const SILENT_MS = 15_000
const POLL_MS = 500
const GONE_MS = 600_000
/** How long the end of what is under way is waited for: Redis may not answer any more. */
const CLOSE_MS = 2_000
/** A job that has cost so many workers their lives, or failed so often, is not given out again. */
const MOST_TIMES = 3

interface Given {
  readonly id: string
  readonly job: Job
}

/**
 * The queue of a cluster: a Redis Stream that all workers read as one consumer group.
 *
 * A worker says every few seconds that it is still there; once it has been silent for `silentMs`, its
 * job is given to the next that asks. Workers ask; they do not wait inside Redis: `BLOCK` would want
 * a third connection of every node, and a compaction can wait for half a second. Who offers and works
 * on the same node asks at once.
 */
export class RedisQueue implements Queue {
  readonly #link: RedisLink
  readonly #options: Required<RedisQueueOptions>
  #work: ((job: Job) => Promise<void>) | null = null
  #running: Promise<void> | null = null
  #wake: (() => void) | null = null
  /** Its first question also forgets workers that are gone. */
  #asked = false
  #closed = false

  constructor(link: RedisLink, options: RedisQueueOptions) {
    this.#link = link
    const defaults = { most: MOST, silentMs: SILENT_MS, pollMs: POLL_MS, goneMs: GONE_MS }
    this.#options = { ...defaults, ...options }
  }

  async offer({ entity, why }: Job): Promise<Offered> {
    const { stream, waiting } = this.#link.names.jobs
    const args = [entity, why, this.#options.most]
    const offered = text(await this.#link.run('offer-job', [stream, waiting], args)) as Offered
    if (offered === 'queued') this.#wake?.()
    return offered
  }

  take(work: (job: Job) => Promise<void>): void {
    this.#work = work
    this.#running ??= this.#takeAll()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#wake?.()
    await atMost(this.#options.clock, CLOSE_MS, this.#running)
  }

  async #takeAll(): Promise<void> {
    while (!this.#closed) {
      const given = await this.#ask()
      if (given === null) await this.#pause()
      else await this.#do(given)
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      let cancel: Cancel = () => {}
      const wake = () => {
        cancel()
        this.#wake = null
        resolve()
      }
      if (this.#closed) return wake()
      this.#wake = wake
      cancel = this.#options.clock.after(this.#options.pollMs, wake)
    })
  }

  /** `null` also without a connection: it asks again. */
  async #ask(): Promise<Given | null> {
    const { stream, waiting } = this.#link.names.jobs
    const { worker, silentMs, goneMs, logger } = this.#options
    const args = [worker, silentMs, MOST_TIMES, this.#asked ? '' : goneMs]
    let reply: ScriptReply
    try {
      reply = await this.#link.run('take-job', [stream, waiting], args)
    } catch {
      return null
    }
    this.#asked = true
    const [is = '', ...words] = (reply as readonly Buffer[]).map(String)
    if (is === 'dropped') logger.error('a job was given up', { entity: words[0] })
    if (is !== 'job') return null
    const [id = '', entity, why] = words
    return { id, job: { entity: entity as EntityKey, why: why as Job['why'] } }
  }

  async #do({ id, job }: Given): Promise<void> {
    const stop = this.#keep(id)
    try {
      await this.#work?.(job)
      stop()
      await this.#link.run('finish-job', [this.#link.names.jobs.stream], [id])
    } catch {
      stop()
      // One that has failed is given out again after a while; one that is handed back, at once.
      if (this.#closed) await this.#stillAt(id, this.#options.silentMs).catch(() => {})
    }
  }

  #keep(id: string): Cancel {
    let cancel: Cancel = () => {}
    const again = () => {
      cancel = this.#options.clock.after(this.#options.silentMs / 3, () => {
        this.#stillAt(id, 0).catch(() => {})
        again()
      })
    }
    again()
    return () => cancel()
  }

  async #stillAt(id: string, silentFor: number): Promise<void> {
    const args = [this.#options.worker, id, silentFor]
    await this.#link.run('keep-job', [this.#link.names.jobs.stream], args)
  }
}
