import type { Cancel, Clock } from '../../src/core/clock.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fn: () => void
  cancelled: boolean
}

/**
 * The time of a simulation: it stands still while anything is being done, and then jumps to the next
 * thing that is due. Everything that happens in a simulation is a timer of this clock.
 */
export class SimClock implements Clock {
  #now = 1_000
  #order = 0
  /** A binary heap: the earliest first, of equals the one that was set first. */
  readonly #heap: Timer[] = []

  monotonic(): number {
    return this.#now
  }

  wall(): number {
    return 1_700_000_000_000 + Math.round(this.#now)
  }

  after(ms: number, fn: () => void): Cancel {
    return this.at(this.#now + Math.max(0, ms), fn)
  }

  /** At a moment: two that are named alike come in the order of the calls, to the last bit. */
  at(moment: number, fn: () => void): Cancel {
    const timer = { at: moment, order: this.#order++, fn, cancelled: false }
    this.#push(timer)
    return () => {
      timer.cancelled = true
    }
  }

  soon(fn: () => void): Cancel {
    return this.after(0, fn)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }

  /** Does what is due next, and everything that follows from it without time passing. */
  async step(): Promise<void> {
    let timer = this.#pop()
    while (timer?.cancelled) timer = this.#pop()
    if (timer === undefined) throw new Error('nothing will ever happen again')
    this.#now = Math.max(this.#now, timer.at)
    timer.fn()
    await settle()
  }

  /** Goes on until `done`, which is asked after each step. */
  async run(done: () => boolean): Promise<void> {
    while (!done()) await this.step()
  }

  async advance(ms: number): Promise<void> {
    let over = false
    this.after(ms, () => {
      over = true
    })
    await this.run(() => over)
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let at = heap.push(timer) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!isBefore(timer, heap[above] as Timer)) break
      heap[at] = heap[above] as Timer
      at = above
    }
    heap[at] = timer
  }

  #pop(): Timer | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      const right = heap[below + 1]
      if (right !== undefined && isBefore(right, heap[below] as Timer)) below++
      if (!isBefore(heap[below] as Timer, last)) break
      heap[at] = heap[below] as Timer
      at = below
    }
    heap[at] = last
    return first
  }
}

const isBefore = (a: Timer, b: Timer): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order)

/** Resolves when every promise that can go on has gone on. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
