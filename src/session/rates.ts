import { Budget } from '../core/budget.ts'
import type { Limits } from '../core/limits.ts'

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

  /** Whether nothing is used up: then they are like new ones. */
  full(now: number): boolean {
    return [this.#messages, this.#bytes, this.#newClients].every(
      (budget) => budget === null || budget.full(now),
    )
  }
}
