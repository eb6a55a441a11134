import {
  EXPONENT_ZERO,
  FAR,
  FIRST_MIDDLE,
  MIDDLE,
  MIDDLE_SPAN,
  MOST_EXPONENT,
  MOST_STEPS,
  NEAR,
  NEAR_SPAN,
  PRESSURES,
  VERSION,
} from './ink-format.ts'
import type { InkPoint } from './ink-point.ts'
import { FARTHEST, MOST_POINTS } from './limits.ts'

/** Thrown and caught in here: the bytes are not what we write. */
const MALFORMED = new Error('malformed ink')

/** Where a chunk goes on. */
interface State {
  readonly unit: number
  readonly x: number
  readonly y: number
  readonly stepX: number
  readonly stepY: number
  readonly level: number
}

/** Unpacks a stroke chunk by chunk. The bytes may be anybody's. */
export class InkReader {
  /** What has been read so far. Grows. */
  readonly points: InkPoint[] = []
  #state: State | null = null

  /** What the points are multiples of; 1 before the first chunk. */
  get unit(): number {
    return this.#state?.unit ?? 1
  }

  /** Reads the next chunk. `false`: it is malformed, nothing of it was taken, and nothing follows. */
  read(chunk: Uint8Array): boolean {
    const points: InkPoint[] = []
    const state = readChunk(
      chunk,
      this.#state,
      MOST_POINTS - this.points.length,
      (x, y, pressure) => points.push([x, y, pressure]),
    )
    if (state === null) return false
    this.#state = state
    for (const point of points) this.points.push(point)
    return true
  }
}

const sound = new WeakMap<Uint8Array, boolean>()

/** Whether the bytes are one whole stroke. Known of an array once looked at. */
export function isInk(bytes: Uint8Array): boolean {
  let known = sound.get(bytes)
  if (known === undefined) {
    known = readChunk(bytes, null, MOST_POINTS, () => {}) !== null
    sound.set(bytes, known)
  }
  return known
}

/** @returns Where the next chunk goes on; `null` if this one is malformed. */
function readChunk(
  bytes: Uint8Array,
  before: State | null,
  most: number,
  tell: (x: number, y: number, pressure: number) => void,
): State | null {
  let at = 0
  const next = (): number => {
    const byte = bytes[at]
    if (byte === undefined) throw MALFORMED
    at += 1
    return byte
  }
  const varUint = (): number => {
    let value = 0
    for (let scale = 1; scale <= 2 ** 35; scale *= 128) {
      const byte = next()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw MALFORMED
  }
  const signed = (): number => {
    const value = varUint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  const pressure = (): number => {
    const level = next()
    if (level > PRESSURES) throw MALFORMED
    return level
  }
  const head = (): State => {
    if (next() !== VERSION) throw MALFORMED
    const exponent = next() - EXPONENT_ZERO
    if (Math.abs(exponent) > MOST_EXPONENT) throw MALFORMED
    return { unit: 2 ** exponent, x: 0, y: 0, stepX: 0, stepY: 0, level: pressure() }
  }

  try {
    let { unit, x, y, stepX, stepY, level } = before ?? head()
    const count = varUint()
    const varies = count % 2 === 1
    const n = Math.floor(count / 2)
    // A place takes a byte at least, so nobody makes us count further than there are bytes.
    if (n === 0 || n > most || n > bytes.length) throw MALFORMED
    const furthest = Math.min(MOST_STEPS, FARTHEST / unit)
    let codes = at
    if (varies) at += Math.ceil(n / 4)
    for (let nth = 0; nth < n; nth += 1) {
      if (varies) {
        const code = ((bytes[codes] ?? 0) >> ((nth & 3) * 2)) & 3
        if ((nth & 3) === 3) codes += 1
        if (code === 1) level += 1
        else if (code === 2) level -= 1
        else if (code === 3) level = pressure()
        if (level < 0 || level > PRESSURES) throw MALFORMED
      }
      const first = next()
      if (first < FIRST_MIDDLE) {
        stepX += Math.floor(first / NEAR_SPAN) - NEAR
        stepY += (first % NEAR_SPAN) - NEAR
      } else if (first < FAR) {
        const code = (first - FIRST_MIDDLE) * 256 + next()
        stepX += Math.floor(code / MIDDLE_SPAN) - MIDDLE
        stepY += (code % MIDDLE_SPAN) - MIDDLE
      } else {
        stepX += signed()
        stepY += signed()
      }
      x += stepX
      y += stepY
      if (!(Math.abs(x) <= furthest && Math.abs(y) <= furthest)) throw MALFORMED
      tell(x * unit, y * unit, level / PRESSURES)
    }
    if (at !== bytes.length) throw MALFORMED
    return { unit, x, y, stepX, stepY, level }
  } catch (error) {
    if (error === MALFORMED) return null
    throw error
  }
}
