import type { Cancel, Clock } from '../core/clock.ts'

/**
 * Says when the next group may be committed: at once when the log was quiet, else at most every so
 * many ms. An fsynced commit costs 0.2–0.8 ms of CPU whatever is in it, so that under load fewer of
 * them are cheaper, and the first one after a pause is not made to wait.
 */
export class Pacer {
  readonly #clock: Pick<Clock, 'after' | 'monotonic' | 'soon'>
  readonly #pace: number
  #last = Number.NEGATIVE_INFINITY
  #cancel: Cancel = () => {}
  #hurry: (() => void) | null = null
  #hurried = false

  /** @param pace In ms. */
  constructor(clock: Pick<Clock, 'after' | 'monotonic' | 'soon'>, pace: number) {
    this.#clock = clock
    this.#pace = pace
  }

  /** Resolves when what has arrived should be committed. One at a time. */
  async next(): Promise<void> {
    const wait = this.#hurried ? 0 : this.#last + this.#pace - this.#clock.monotonic()
    await new Promise<void>((resolve) => {
      this.#hurry = resolve
      this.#cancel = wait > 0 ? this.#clock.after(wait, resolve) : this.#clock.soon(resolve)
    })
    this.#last = this.#clock.monotonic()
  }

  /** No more waiting: the log is being closed. */
  hurry(): void {
    this.#hurried = true
    this.#cancel()
    this.#hurry?.()
  }
}
