import type { Box } from './box.ts'
import type { Point } from './point.ts'

/**
 * How a selection is moved or resized: what lies in the box `from` comes to lie in the box `to`. A
 * move is a stretch between boxes of one size. An axis on which `from` has no extent is only moved.
 */
export interface Stretch {
  readonly from: Box
  readonly to: Box
}

/** Where `point` comes to lie. */
export function stretched([x, y]: Point, { from, to }: Stretch): Point {
  const [sx, sy] = scaleOf({ from, to })
  return [to.x + (x - from.x) * sx, to.y + (y - from.y) * sy]
}

/** The factors of a stretch along the two axes. */
export function scaleOf({ from, to }: Stretch): Point {
  return [
    from.width === 0 ? 1 : to.width / from.width,
    from.height === 0 ? 1 : to.height / from.height,
  ]
}
