import type { Cancel, Clock } from '../../../src/core/clock.ts'

/** The time that presence goes by. Comes in from outside, so that tests own it. */
export interface Pace extends Pick<Clock, 'monotonic' | 'after'> {
  /** Calls `fn` once, before the next frame is drawn; not at all while the page is hidden. */
  frame(fn: () => void): Cancel
}

// By hand: what runs in Node too is compiled without the types of browsers.
declare const requestAnimationFrame: (fn: () => void) => number
declare const cancelAnimationFrame: (id: number) => void

export const realPace: Pace = {
  monotonic: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
  frame(fn) {
    const id = requestAnimationFrame(fn)
    return () => cancelAnimationFrame(id)
  },
}
