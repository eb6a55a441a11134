import type { Cancel, Clock } from '../core/clock.ts'
import type { RedisLink } from './link.ts'

export interface ProbeOptions {
  /** Nobody else's: what is said on its channel comes back to this process alone. */
  readonly name: string
  readonly clock: Pick<Clock, 'after'>
  /** The subscriptions were dead. */
  readonly onDead: () => void
}

const LOOK_MS = 1_000
/** Looks in which nothing came on any channel, before something is sent that must come back. */
const SILENT_LOOKS = 2
/** Looks in which it may be under way once Redis has taken it. */
const PROBE_LOOKS = 2
const NOTHING = Buffer.alloc(0)

/**
 * A subscription can be dead while its connection stands: after a failover, behind a proxy, by a
 * fault of a library. Nothing fails then, and nothing comes. So when nothing has come for 2 s,
 * something is published that must come back, the way everything is; when it does not, 2 s after
 * Redis has taken it, the connection is made anew, and everybody reads what was missed. [N9]
 *
 * Time is counted in looks: a process that was stopped reads first what waits in its socket.
 */
export class Probe {
  readonly #link: RedisLink
  readonly #channel: string
  readonly #options: ProbeOptions
  readonly #stopState: () => void
  #cancel: Cancel
  /** Messages that had come at the last look. */
  #heard = 0
  #silent = 0
  /** Looks since Redis has taken the probe; `null` when none is under way. */
  #since: number | null = null
  #joined = false

  constructor(link: RedisLink, options: ProbeOptions) {
    this.#link = link
    this.#channel = link.names.probeChannel(options.name)
    this.#options = options
    this.#stopState = link.onState(({ is }) => {
      if (is === 'ready') void this.#join()
    })
    if (link.state.is === 'ready') void this.#join()
    this.#cancel = this.#arm()
  }

  /** Idempotent. */
  close(): void {
    this.#cancel()
    this.#stopState()
  }

  /** The first time; from then on it is joined again with all others. */
  async #join(): Promise<void> {
    if (this.#joined) return
    this.#joined = true
    try {
      await this.#link.channels.listen(this.#channel, () => {})
    } catch {
      this.#joined = false
    }
  }

  #arm(): Cancel {
    return this.#options.clock.after(LOOK_MS, () => {
      this.#cancel = this.#arm()
      this.#look()
    })
  }

  #look(): void {
    const { channels, state } = this.#link
    if (state.is !== 'ready' || !this.#joined || channels.heard !== this.#heard) {
      this.#heard = channels.heard
      this.#silent = 0
      this.#since = null
      return
    }
    this.#silent++
    if (this.#since === null) {
      if (this.#silent >= SILENT_LOOKS) void this.#send()
    } else if (++this.#since >= PROBE_LOOKS) {
      this.#since = null
      this.#silent = 0
      this.#options.onDead()
      this.#link.renewSubscriber()
    }
  }

  async #send(): Promise<void> {
    // Until it is taken nothing is amiss with the subscriptions, but with Redis.
    this.#silent = Number.NEGATIVE_INFINITY
    const taken = await this.#link.publish([[this.#channel, NOTHING]])
    this.#silent = 0
    if (taken > 0) this.#since = 0
  }
}
