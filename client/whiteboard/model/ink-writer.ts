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
import { FARTHEST } from './limits.ts'

/** Packs a stroke chunk by chunk. */
export class InkWriter {
  readonly #exponent: number
  readonly #unit: number
  readonly #furthest: number
  #begun = false
  #x = 0
  #y = 0
  #stepX = 0
  #stepY = 0
  #pressure = 0

  /** @param unit What coordinates are rounded to; made a power of two if it is none. */
  constructor(unit: number) {
    const exponent = Math.floor(Math.log2(unit)) || 0
    this.#exponent = Math.max(-MOST_EXPONENT, Math.min(MOST_EXPONENT, exponent))
    this.#unit = 2 ** this.#exponent
    this.#furthest = Math.floor(Math.min(MOST_STEPS, FARTHEST / this.#unit))
  }

  /** The next points; the first chunk of all has a head. */
  chunk(points: readonly InkPoint[]): Uint8Array {
    const out: number[] = []
    const levels = points.map(([, , pressure]) => levelOf(pressure))
    if (!this.#begun) {
      this.#begun = true
      this.#pressure = levels[0] ?? 0
      out.push(VERSION, EXPONENT_ZERO + this.#exponent, this.#pressure)
    }
    const varies = levels.some((level) => level !== this.#pressure)
    pushVarUint(out, points.length * 2 + (varies ? 1 : 0))
    const codes = out.length
    if (varies) {
      for (let at = 0; at < points.length; at += 4) out.push(0)
      const rises = new Map([
        [0, 0],
        [1, 1],
        [-1, 2],
      ])
      let before = this.#pressure
      for (const [at, level] of levels.entries()) {
        const code = rises.get(level - before) ?? 3
        const byte = codes + (at >> 2)
        out[byte] = (out[byte] ?? 0) | (code << ((at & 3) * 2))
        before = level
      }
    }
    for (const [at, [x, y]] of points.entries()) {
      const level = levels[at] ?? this.#pressure
      if (varies && Math.abs(level - this.#pressure) > 1) out.push(level)
      this.#pressure = level
      this.#place(out, this.#steps(x), this.#steps(y))
    }
    return Uint8Array.from(out)
  }

  #steps(coordinate: number): number {
    const steps = Math.round(coordinate / this.#unit) || 0
    return Math.max(-this.#furthest, Math.min(this.#furthest, steps))
  }

  #place(out: number[], x: number, y: number): void {
    const offX = x - this.#x - this.#stepX
    const offY = y - this.#y - this.#stepY
    this.#stepX = x - this.#x
    this.#stepY = y - this.#y
    this.#x = x
    this.#y = y
    const far = Math.max(Math.abs(offX), Math.abs(offY))
    if (far <= NEAR) {
      out.push((offX + NEAR) * NEAR_SPAN + offY + NEAR)
    } else if (far <= MIDDLE) {
      const code = (offX + MIDDLE) * MIDDLE_SPAN + offY + MIDDLE
      out.push(FIRST_MIDDLE + (code >> 8), code & 255)
    } else {
      out.push(FAR)
      pushVarUint(out, zigzag(offX))
      pushVarUint(out, zigzag(offY))
    }
  }
}

/** 0 to `PRESSURES`; what is no number is in the middle, as of a mouse. */
export function levelOf(pressure: number): number {
  const level = Math.round(pressure * PRESSURES)
  return Number.isNaN(level) ? PRESSURES / 2 : Math.max(0, Math.min(PRESSURES, level))
}

/** Small ones of either sign become small ones without. Not by bits: they may pass 2³¹. */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)

function pushVarUint(out: number[], value: number): void {
  let rest = value
  while (rest >= 128) {
    out.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  out.push(rest)
}
