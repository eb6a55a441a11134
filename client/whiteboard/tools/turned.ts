import type { Point } from '../geometry/point.ts'

/** 15°. */
const TURN = Math.PI / 12

/** A way of the same length along the nearest step of 15°. A level one is exactly level. */
export function turned([x, y]: Point): Point {
  const length = Math.hypot(x, y)
  const steps = Math.round(Math.atan2(y, x) / TURN)
  const exact = (factor: number) => (Math.abs(factor) < 1e-9 ? 0 : factor * length)
  return [exact(Math.cos(steps * TURN)), exact(Math.sin(steps * TURN))]
}
