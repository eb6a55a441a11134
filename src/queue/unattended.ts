import type { Cancel, Clock } from '../core/clock.ts'
import type { RedisLink } from '../redis/link.ts'

export interface UnattendedOptions {
  readonly clock: Pick<Clock, 'after' | 'monotonic'>
  /** A worker that has said nothing for so long is none, in ms. */
  readonly silentMs: number
}

/** It lasts for so many `silentMs`: a worker that is started anew is back by then. */
const PATIENCE = 4

/**
 * Looks, for a node that offers jobs and takes none, whether anybody does: nothing fails in a cluster
 * without workers, logs only grow. [J13]
 */
export class Unattended {
  readonly #link: RedisLink
  readonly #options: UnattendedOptions
  #cancel: Cancel
  #closed = false
  /** Since then jobs wait in vain; `null` while they do not. */
  #since: number | null = null
  #jobs = 0

  constructor(link: RedisLink, options: UnattendedOptions) {
    this.#link = link
    this.#options = options
    this.#cancel = this.#arm()
  }

  /** For people, in one line; none when somebody works, or nothing is to be done. */
  get warnings(): readonly string[] {
    const { clock, silentMs } = this.#options
    if (this.#since === null || clock.monotonic() - this.#since < PATIENCE * silentMs) return []
    return [
      `${this.#jobs} compactions wait and no node does them, so that logs grow: start a node ` +
        'with --role worker, or one with --role all',
    ]
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true
    this.#cancel()
  }

  #arm(): Cancel {
    const { clock, silentMs } = this.#options
    return clock.after(silentMs, () => {
      void this.#look().finally(() => {
        if (!this.#closed) this.#cancel = this.#arm()
      })
    })
  }

  async #look(): Promise<void> {
    const { clock, silentMs } = this.#options
    try {
      const reply = await this.#link.run('jobs', [this.#link.names.jobs.stream], [])
      const [jobs, silentFor] = reply as readonly [number, number]
      const isHeard = silentFor >= 0 && silentFor < silentMs
      this.#jobs = jobs
      if (jobs === 0 || isHeard) this.#since = null
      else this.#since ??= clock.monotonic()
    } catch {
      // Of a Redis that is away something else is told.
      this.#since = null
    }
  }
}
