import type { Cancel, Clock } from '../../../src/core/clock.ts'

/**
 * Where a link lives: a page or a process. A timer of a hidden page may come a minute late, and one
 * that was set before a laptop slept comes hours late.
 */
export interface Environment extends Pick<Clock, 'monotonic' | 'wall'> {
  /** Calls `fn` once, in `ms` milliseconds or later. In Node it keeps the process alive. */
  after(ms: number, fn: () => void): Cancel
  /** In [0, 1). */
  random(): number
  /** What the device says. It may be wrong: the server of this very machine needs no network. */
  readonly hasNetwork: boolean
  /** Calls `fn` when there is a network again, and when the page is looked at again. */
  onWake(fn: () => void): Cancel
}
