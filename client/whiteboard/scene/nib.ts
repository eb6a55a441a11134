import type { InkPoint } from '../model/ink-point.ts'

/** What a stroke is drawn with. */
export interface Nib {
  /** What perfect-freehand calls `size`, in units of the board. */
  readonly size: number
  /** 0: the same width everywhere; 1: nothing at all without pressure. */
  readonly thinning: number
  readonly easing: (pressure: number) => number
  /** Whether pressure is guessed from the speed: slow is thick. */
  readonly guesses: boolean
}

const sine = (t: number) => Math.sin((t * Math.PI) / 2)

/**
 * A pen that feels its pressure, and one that cannot (a mouse, most fingers: all points say one
 * half). The curves are those of tldraw's pen; the factors make a line of ordinary pressure and
 * speed as wide as the line of a rectangle of the same size.
 */
export const nibOf = (width: number, guesses: boolean): Nib =>
  guesses
    ? { size: width * 0.9, thinning: 0.5, easing: sine, guesses }
    : { size: width * 0.87, thinning: 0.62, easing: (t) => t * 0.65 + sine(t) * 0.35, guesses }

/** Half the width at a pressure, as perfect-freehand has it. */
export const radiusAt = ({ size, thinning, easing }: Nib, pressure: number): number =>
  size * easing(0.5 - thinning * (0.5 - pressure))

/** The most that any pen of this width reaches to each side of its line. */
export const reachOfPen = (width: number): number =>
  Math.max(radiusAt(nibOf(width, true), 1), radiusAt(nibOf(width, false), 1))

/** Whether the points from number `from` on say no more about pressure than that there was none. */
export function lacksPressure(points: readonly InkPoint[], from = 0): boolean {
  for (let at = from; at < points.length; at++) if (points[at]?.[2] !== 0.5) return false
  return true
}
