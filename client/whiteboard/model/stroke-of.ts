import type { Point } from '../geometry/point.ts'
import { packInk } from './ink.ts'
import type { InkPoint } from './ink-point.ts'
import { FARTHEST } from './limits.ts'

/** A stroke as a shape has it: its corner, its extent, its points from the corner on. */
export interface PackedStroke {
  readonly at: Point
  readonly size: Point
  readonly ink: Uint8Array
}

/**
 * A stroke through points of the board, rounded to multiples of `unit`: what a pen makes when it
 * lifts. The same points make the same bytes, whoever packs them. `null` for no
 * points; those that are nowhere do not count.
 */
export function strokeOf(points: readonly InkPoint[], unit: number): PackedStroke | null {
  const grid = (value: number) =>
    Math.round(Math.max(-FARTHEST, Math.min(FARTHEST, value)) / unit) * unit
  let left = Number.POSITIVE_INFINITY
  let top = Number.POSITIVE_INFINITY
  let right = Number.NEGATIVE_INFINITY
  let bottom = Number.NEGATIVE_INFINITY
  const places = points
    .filter(([x, y]) => Number.isFinite(x + y))
    .map(([x, y, pressure]): InkPoint => [grid(x), grid(y), pressure])
  if (places.length === 0) return null
  for (const [x, y] of places) {
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x)
    bottom = Math.max(bottom, y)
  }
  const fromCorner = places.map(([x, y, p]): InkPoint => [x - left, y - top, p])
  return {
    at: [left, top],
    size: [right - left, bottom - top],
    ink: packInk(fromCorner, unit),
  }
}

/** What the points of a pen are rounded to: half a pixel of the view or less, a power of two. */
export function unitFor(zoom: number): number {
  const sane = zoom >= 0.01 && zoom <= 60 ? zoom : 1
  return 2 ** Math.floor(Math.log2(0.5 / sane))
}
