import { randomBytes, randomFillSync } from 'node:crypto'
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
const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** Asked for this many at once: one call costs 3 µs, and there may be an id for each entry. */
const POOL = new Uint8Array(4_096)
let used = POOL.length

function randomByte(): number {
  if (used === POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  return POOL[used++] as number
}

/** Randomness of the operating system. */
export const SYSTEM_RANDOM: Random = {
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  id(length) {
    let text = ''
    while (text.length < length) {
      const byte = randomByte()
      if (byte < FAIR_BELOW) text += CHARACTERS[byte % 36]
    }
    return text
  },
}
