import { Budget } from '../core/budget.ts'
import type { Limits } from '../core/limits.ts'

const QUIET_MS = 2_000

/** What a session may do in a time. */
export class Rates {
  readonly #limits: Limits
  #messages: Budget | null = null
  #bytes: Budget | null = null
  #newClients: Budget | null = null

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Pays for a message, or for one that is as dear as several. @returns ms to wait. */
  spend(bytes: number, now: number, messages = 1): number {
    const limits = this.#limits
    this.#messages ??= new Budget(limits.sessionMessages, limits.sessionMessagesBurst, now)
    this.#bytes ??= new Budget(limits.sessionBytes, limits.sessionBytesBurst, now)
    return Math.max(this.#messages.spend(messages, now), this.#bytes.spend(bytes, now))
  }

  /** Pays for client ids that were not there before. @returns ms to wait. */
  spendNewClients(count: number, now: number): number {
    const perMinute = this.#limits.sessionNewClients
    this.#newClients ??= new Budget(perMinute / 60, perMinute, now)
    return this.#newClients.spend(count, now)
  }

  /**
   * Whether they can be forgotten: nothing is used up, and nothing was paid for a while. Who types
   * pays twice a second, and would get new ones each time.
   */
  areIdle(now: number): boolean {
    return isIdle(this.#messages, now) && isIdle(this.#bytes, now) && isIdle(this.#newClients, now)
  }
}

const isIdle = (budget: Budget | null, now: number): boolean =>
  budget === null || budget.isUnused(now, QUIET_MS)
