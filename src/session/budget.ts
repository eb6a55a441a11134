/**
 * A rate with a burst: `perSecond` flow in, up to `burst`. It is paid afterwards: what has arrived is
 * handled, and then nothing more is read until the debt is gone. So nothing is ever dropped.
 */
export class Budget {
  readonly #perMs: number
  readonly #burst: number
  #left: number
  #at: number

  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000
    this.#burst = burst
    this.#left = burst
    this.#at = now
  }

  /** @returns milliseconds to wait before anything more is read; 0 while there is budget. */
  spend(amount: number, now: number): number {
    this.#left = Math.min(this.#burst, this.#left + (now - this.#at) * this.#perMs) - amount
    this.#at = now
    return this.#left >= 0 ? 0 : -this.#left / this.#perMs
  }
}
