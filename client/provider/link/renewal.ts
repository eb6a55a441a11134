import type { Cancel } from '../../../src/core/clock.ts'
import { backoff } from './backoff.ts'
import type { Environment } from './environment.ts'
import { askFor, reasonOf, type TokenSource } from './token.ts'

/** Before the end: a fifth of what is left, but not more than this. */
const LEAD_MS = 60_000
/** What timers can wait. */
const LONGEST_MS = 2 ** 31 - 1

export interface RenewalOwner {
  renewed(token: string): void
  failed(reason: string): void
}

/**
 * Has a new token ready before the old one is over, as long as one connection stands. A function
 * that fails, or goes on giving what does not count, is asked less and less often. A text is not asked.
 */
export class Renewal {
  readonly #environment: Environment
  readonly #source: TokenSource
  readonly #owner: RenewalOwner
  #cancel: Cancel = () => {}
  /** Questions since a right was last prolonged. */
  #tries = 0
  #soonest = Infinity
  #isRejected = false
  #isAsking = false
  #isStopped = false

  constructor(environment: Environment, source: TokenSource, owner: RenewalOwner) {
    this.#environment = environment
    this.#source = source
    this.#owner = owner
  }

  /** @param soonest When the first right of this connection ends, by the monotonic clock; or `Infinity`. */
  plan(soonest: number): void {
    if (soonest === this.#soonest) return
    if (this.#soonest === Infinity || soonest > this.#soonest) this.#tries = 0
    this.#soonest = soonest
    this.#schedule()
  }

  /** An entity was refused for its token: it is not waited any longer. */
  rejected(): void {
    this.#isRejected = true
    this.#schedule()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel()
  }

  #schedule(): void {
    this.#cancel()
    if (this.#isStopped || this.#isAsking || typeof this.#source === 'string') return
    if (this.#soonest === Infinity && !this.#isRejected) return
    const left = this.#soonest - this.#environment.monotonic()
    const due = this.#isRejected ? 0 : left - Math.min(LEAD_MS, left / 5)
    const pause = backoff(this.#tries, this.#environment.random())
    // Asked once too often after 24 days is no harm.
    const ms = Math.min(LONGEST_MS, Math.max(due, pause))
    this.#cancel = this.#environment.after(ms, () => void this.#ask())
  }

  async #ask(): Promise<void> {
    this.#tries++
    this.#isAsking = true
    this.#isRejected = false
    const tell = await askFor(this.#source, this.#environment).then(
      (token) => () => this.#owner.renewed(token),
      (thrown) => () => {
        this.#isRejected = true
        this.#owner.failed(reasonOf(thrown))
      },
    )
    this.#isAsking = false
    if (this.#isStopped) return
    tell()
    this.#schedule()
  }
}
