import type { StrokePoint } from 'perfect-freehand'
import type { Stroke } from '../model/shape.ts'
import { byInk } from './by-ink.ts'
import { lineThrough } from './ink-line.ts'
import { lacksPressure, nibOf, radiusAt } from './nib.ts'
import { turnsBack } from './outline.ts'
import { lineWidth } from './sizes.ts'
import { strokePoints } from './stroke-points.ts'

/**
 * The middle line of a stroke and how far it reaches to its sides, relative to its `at`: x, y, radius,
 * and again. One array, because an eraser asks hundreds of strokes per second.
 */
export const spineOf = byInk((stroke: Stroke): Float64Array => {
  const points = strokePoints(stroke)
  const width = lineWidth(stroke.kind, stroke.look)
  if (stroke.kind === 'highlighter') {
    return packed(lineThrough(points, { size: width, guesses: false }), () => width / 2, false)
  }
  const nib = nibOf(width, lacksPressure(points))
  return packed(lineThrough(points, nib), ({ pressure }) => radiusAt(nib, pressure), true)
})

/**
 * The line is painted as curves that begin and end half way between its points: the middle of each
 * curve and its ends are what is kept, or a stroke stretched tenfold would be beside its ink. Only
 * where a pen turns back, its outline goes around the point itself.
 */
function packed(
  line: readonly StrokePoint[],
  radius: (point: StrokePoint) => number,
  isPen: boolean,
): Float64Array {
  const [first] = line
  const last = line.at(-1)
  if (first === undefined || last === undefined) return new Float64Array()
  const inner = Math.max(0, line.length - 2)
  const spine = new Float64Array(3 * (2 + 2 * inner))
  let end = 0
  const put = (x: number, y: number, r: number) => {
    spine[end] = x
    spine[end + 1] = y
    spine[end + 2] = r
    end += 3
  }
  put(first.point[0], first.point[1], radius(first))
  for (let at = 1; at <= inner; at++) {
    const one = line[at] as StrokePoint
    const [[ax, ay], [x, y]] = [(line[at - 1] as StrokePoint).point, one.point]
    const [bx, by] = (line[at + 1] as StrokePoint).point
    const r = radius(one)
    if (isPen && turnsBack(one, line[at + 1])) put(x, y, r)
    else put((ax + 6 * x + bx) / 8, (ay + 6 * y + by) / 8, r)
    put((x + bx) / 2, (y + by) / 2, r)
  }
  put(last.point[0], last.point[1], radius(last))
  return spine
}
