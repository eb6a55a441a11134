import { unpackInk } from '../model/ink.ts'
import type { InkPoint } from '../model/ink-point.ts'
import type { Stroke } from '../model/shape.ts'

/** The points of a stroke, unpacked and stretched to its size, relative to its `at`. */
export function strokePoints({ ink, size: [width, height] }: Stroke): readonly InkPoint[] {
  const points = unpackInk(ink)
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x, y] of points) {
    if (x < left) left = x
    if (x > right) right = x
    if (y < top) top = y
    if (y > bottom) bottom = y
  }
  const sx = right > left ? width / (right - left) : 1
  const sy = bottom > top ? height / (bottom - top) : 1
  return points.map(([x, y, pressure]) => [(x - left) * sx, (y - top) * sy, pressure])
}
