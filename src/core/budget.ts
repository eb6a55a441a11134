/**
 * A rate with a burst: `perSecond` flow in, up to `burst`. It is paid afterwards: what has arrived is
 * handled, and then nothing more is read until the debt is gone. So nothing is ever dropped.
 */
export class Budget {
  readonly #perSecond: number
  readonly #burst: number
  #left: number
  #at: number

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#left = burst
    this.#at = now
  }

  /** Whether it is as a new one is: full, and not used for so many ms. */
  isUnused(now: number, quiet: number): boolean {
    return now - this.#at >= quiet && this.#after(now) >= this.#burst
  }

  /** @returns milliseconds to wait before anything more is read; 0 while there is budget. */
  spend(amount: number, now: number): number {
    this.#left = Math.min(this.#burst, this.#after(now)) - amount
    this.#at = now
    return this.#left >= 0 ? 0 : (-this.#left / this.#perSecond) * 1_000
  }

  #after(now: number): number {
    return this.#left + ((now - this.#at) / 1_000) * this.#perSecond
  }
}
