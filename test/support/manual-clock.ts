import type { Cancel, Clock } from '../../src/core/clock.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fn: () => void
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  now = 1_000_000
  #timers: Timer[] = []
  #order = 0

  monotonic(): number {
    return this.now
  }

  wall(): number {
    return 1_700_000_000_000 + this.now
  }

  after(ms: number, fn: () => void): Cancel {
    const timer = { at: this.now + ms, order: this.#order++, fn }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  soon(fn: () => void): Cancel {
    return this.after(0, fn)
  }

  /** Timers that are still set. */
  get pending(): number {
    return this.#timers.length
  }

  /** Moves on, and calls what falls due on the way, in order. */
  advance(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const due = this.#timers
        .filter((timer) => timer.at <= until)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((other) => other !== due)
      this.now = Math.max(this.now, due.at)
      due.fn()
    }
    this.now = until
  }
}
