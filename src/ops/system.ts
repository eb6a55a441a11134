import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Clock, Random } from '../core/clock.ts'

/** The clock of this machine. Its timers do not keep the process alive. */
export const SYSTEM_CLOCK: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
  soon(fn) {
    const immediate = setImmediate(fn)
    return () => clearImmediate(immediate)
  },
}

/** 252 is a multiple of 36: bytes below it give every character alike. */
const FAIR_BELOW = 252

/** Randomness of the operating system. */
export const SYSTEM_RANDOM: Random = {
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  id(length) {
    let text = ''
    while (text.length < length) {
      for (const byte of randomBytes(length)) {
        if (byte < FAIR_BELOW && text.length < length) text += (byte % 36).toString(36)
      }
    }
    return text
  },
}
