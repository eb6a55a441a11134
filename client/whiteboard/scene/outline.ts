import { getStrokeOutlinePoints, type StrokePoint } from 'perfect-freehand'
import { type Nib, radiusAt } from './nib.ts'
import { circle, place, smoothLoop } from './path-data.ts'

/** perfect-freehand passes over what is this near to the end, so it cannot outline less. */
const LEAST = 3

/** The path around a pen's middle line, or around any stretch of it; to be filled. */
export function outlineOf(points: readonly StrokePoint[], nib: Nib): string {
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined) return ''
  if (last.runningLength - first.runningLength < LEAST) return dash(first, last, nib)
  const outline = getStrokeOutlinePoints(withRoomToTurn(points), {
    size: nib.size,
    thinning: nib.thinning,
    easing: nib.easing,
    smoothing: 0.5,
    simulatePressure: false,
    last: true,
  })
  return smoothLoop(outline)
}

/** Whether the line turns back at a point, which gets a round corner. */
export const turnsBack = (a: StrokePoint | undefined, b: StrokePoint | undefined): boolean =>
  a !== undefined && b !== undefined && a.vector[0] * b.vector[0] + a.vector[1] * b.vector[1] < 0

/**
 * perfect-freehand draws nothing between two corners that follow one another, as a mouse makes them
 * when it shades something quickly. A point half way between makes it.
 */
function withRoomToTurn(points: readonly StrokePoint[]): StrokePoint[] {
  const roomy: StrokePoint[] = []
  let isCorner = false
  for (let at = 0; at < points.length; at++) {
    const point = points[at] as StrokePoint
    const before = roomy.at(-1)
    const turns = turnsBack(point, points[at + 1])
    if (isCorner && turns && before !== undefined) roomy.push(between(before, point))
    roomy.push(point)
    isCorner = turns
  }
  return roomy
}

const between = (a: StrokePoint, b: StrokePoint): StrokePoint => ({
  point: [(a.point[0] + b.point[0]) / 2, (a.point[1] + b.point[1]) / 2],
  pressure: (a.pressure + b.pressure) / 2,
  vector: b.vector,
  distance: b.distance / 2,
  runningLength: (a.runningLength + b.runningLength) / 2,
})

/** A dot, or a way that is hardly longer than one. */
function dash(first: StrokePoint, last: StrokePoint, nib: Nib): string {
  const radius = radiusAt(nib, last.pressure)
  const [[ax, ay], [bx, by]] = [first.point, last.point]
  const length = Math.hypot(bx - ax, by - ay)
  if (length < 0.02) return circle(ax, ay, Math.max(radius, nib.size / 2))
  const [nx, ny] = [((by - ay) / length) * radius, ((ax - bx) / length) * radius]
  const arc = `A${place(radius, radius)} 0 0 1`
  return (
    `M${place(ax - nx, ay - ny)}${arc} ${place(ax + nx, ay + ny)}` +
    `L${place(bx + nx, by + ny)}${arc} ${place(bx - nx, by - ny)}Z`
  )
}
