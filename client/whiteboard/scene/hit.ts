import { type Box, contains, grown } from '../geometry/box.ts'
import { distanceToEllipse } from '../geometry/ellipse.ts'
import { minus, type Point } from '../geometry/point.ts'
import { distanceToSegment } from '../geometry/segment.ts'
import type { Frame, Line, Shape } from '../model/shape.ts'
import { arrowHead } from './arrow-head.ts'
import { boundsOf, frameOf } from './bounds.ts'
import type { Measure } from './measure.ts'
import { lineWidth } from './sizes.ts'
import { spineOf } from './spine.ts'

/**
 * Whether something that a shape paints is within `reach` of `point`. A frame without a fill is
 * hollow: one presses through it to what is inside.
 */
export function hits(shape: Shape, point: Point, reach: number, measure: Measure): boolean {
  if (!contains(grown(boundsOf(shape, measure), reach), point)) return false
  const near = minus(point, shape.at)
  switch (shape.kind) {
    case 'pen':
    case 'highlighter':
      return hitsSpine(spineOf(shape), near, reach)
    case 'rectangle':
    case 'ellipse':
      return hitsFrame(shape, point, reach + lineWidth(shape.kind, shape.look) / 2, measure)
    case 'line':
    case 'arrow':
      return hitsLine(shape, near, reach)
    case 'text':
    case 'note':
      return true
  }
}

/** `spine`: x, y, radius and again. */
function hitsSpine(spine: Float64Array, [x, y]: Point, reach: number): boolean {
  let [ax = 0, ay = 0, a = 0] = spine
  if (Math.hypot(x - ax, y - ay) <= a + reach) return true
  for (let at = 3; at < spine.length; at += 3) {
    const [bx, by, b] = [spine[at] as number, spine[at + 1] as number, spine[at + 2] as number]
    const most = Math.max(a, b) + reach
    // Most segments are nowhere near.
    const isNear =
      Math.min(ax, bx) - most <= x &&
      x <= Math.max(ax, bx) + most &&
      Math.min(ay, by) - most <= y &&
      y <= Math.max(ay, by) + most
    if (isNear && distanceToSegment([x, y], [ax, ay], [bx, by]) <= most) return true
    ;[ax, ay, a] = [bx, by, b]
  }
  return false
}

function hitsFrame(shape: Frame, point: Point, reach: number, measure: Measure): boolean {
  const frame = frameOf(shape, measure)
  const isFilled = shape.look.fill > 0
  return shape.kind === 'ellipse'
    ? hitsEllipse(frame, point, reach, isFilled)
    : hitsBox(frame, point, reach, isFilled)
}

function hitsBox(frame: Box, point: Point, reach: number, isFilled: boolean): boolean {
  if (!contains(grown(frame, reach), point)) return false
  if (isFilled) return true
  const { x, y, width, height } = frame
  const isInside =
    point[0] > x + reach &&
    point[0] < x + width - reach &&
    point[1] > y + reach &&
    point[1] < y + height - reach
  return !isInside
}

function hitsEllipse(frame: Box, point: Point, reach: number, isFilled: boolean): boolean {
  const [a, b] = [frame.width / 2, frame.height / 2]
  const [x, y] = [point[0] - frame.x - a, point[1] - frame.y - b]
  if (isFilled && a > 0 && b > 0 && (x / a) ** 2 + (y / b) ** 2 <= 1) return true
  return distanceToEllipse([x, y], [a, b]) <= reach
}

function hitsLine({ kind, look, size }: Line, near: Point, reach: number): boolean {
  const width = lineWidth(kind, look)
  const most = reach + width / 2
  if (distanceToSegment(near, [0, 0], size) <= most) return true
  if (kind === 'line') return false
  return arrowHead(size, width).some((end) => distanceToSegment(near, end, size) <= most)
}
