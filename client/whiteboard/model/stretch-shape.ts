import type { Point } from '../geometry/point.ts'
import { type Stretch, scaleOf, stretched } from '../geometry/stretch.ts'
import type { Shape } from './shape.ts'

/**
 * Where a stretch brings a shape, and how large. A line keeps the direction it runs in. The letters
 * of a text stay as large as they are: it wraps at another width. One that does not wrap (width 0)
 * begins to when it is stretched `alone`, where the box of the stretch is its own; among others
 * nobody here knows how wide it is, so it is only moved.
 */
export function stretchedShape(
  { kind, at, size: [width, height] }: Shape,
  stretch: Stretch,
  alone: boolean,
): { readonly at: Point; readonly size: Point } {
  const [scaleX, scaleY] = scaleOf(stretch)
  const to = stretched(at, stretch)
  if (kind !== 'text') return { at: to, size: [width * scaleX, height * scaleY] }
  if (scaleX === 1) return { at: to, size: [width, height] }
  const wrapAt = width > 0 ? width * scaleX : alone ? stretch.to.width : 0
  return { at: to, size: [wrapAt, height] }
}
