/** Stops a timer. Calling it twice, or after the timer has fired, does nothing. */
export type Cancel = () => void

/** Time comes in from outside, so that tests and simulations own it. */
export interface Clock {
  /** Milliseconds that only ever grow, from an arbitrary start. Order and time-outs use this one. */
  monotonic(): number
  /** Milliseconds since 1970. For people to read; nothing may depend on its order. */
  wall(): number
  /** Calls `fn` once, `ms` milliseconds from now. Does not keep the process alive. */
  after(ms: number, fn: () => void): Cancel
  /** Calls `fn` once, when what has already arrived has been handled. */
  soon(fn: () => void): Cancel
}

/** Randomness comes in from outside too: a simulation replays by its seed. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** `length` characters of 0-9 a-z, at least 5 bits of randomness each. */
  id(length: number): string
}
