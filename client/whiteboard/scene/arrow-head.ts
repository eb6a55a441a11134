import type { Point } from '../geometry/point.ts'

const ANGLE = 0.52

/**
 * The two ends of an arrow's head, whose tip is `way` from the start of its shaft. A short arrow has
 * a small one, so that it remains an arrow.
 */
export function arrowHead([dx, dy]: Point, width: number): [Point, Point] {
  const length = Math.hypot(dx, dy)
  if (length === 0)
    return [
      [0, 0],
      [0, 0],
    ]
  const size = Math.min(8 + 3 * width, length * 0.6)
  const back = Math.atan2(-dy, -dx)
  const end = (angle: number): Point => [dx + size * Math.cos(angle), dy + size * Math.sin(angle)]
  return [end(back + ANGLE), end(back - ANGLE)]
}
