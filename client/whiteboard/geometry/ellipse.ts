import type { Point } from './point.ts'

/**
 * How far `point` is from the edge of an ellipse around [0, 0] with the radii `a` and `b`: exact to a
 * thousandth of the larger radius. After "Simple Method for Distance to Ellipse" (A. Chou, 2017):
 * each round steps to the nearest point of the circle that fits the edge where the last one ended.
 * A polygon of the ellipse would be simpler, but a large one has its edge units away.
 */
export function distanceToEllipse(point: Point, [a, b]: Point): number {
  const [x, y] = [Math.abs(point[0]), Math.abs(point[1])]
  if (a === 0 || b === 0) return Math.hypot(Math.max(0, x - a), Math.max(0, y - b))
  let [tx, ty] = [Math.SQRT1_2, Math.SQRT1_2]
  for (let round = 0; round < 4; round++) {
    // The centre of the circle that fits at the point (a·tx, b·ty) of the edge.
    const ex = ((a * a - b * b) * tx ** 3) / a
    const ey = ((b * b - a * a) * ty ** 3) / b
    const radius = Math.hypot(a * tx - ex, b * ty - ey)
    const away = Math.hypot(x - ex, y - ey)
    if (away === 0) break
    const nx = Math.min(1, Math.max(0, (((x - ex) * radius) / away + ex) / a))
    const ny = Math.min(1, Math.max(0, (((y - ey) * radius) / away + ey) / b))
    const length = Math.hypot(nx, ny)
    if (length === 0) break
    tx = nx / length
    ty = ny / length
  }
  return Math.hypot(x - a * tx, y - b * ty)
}
