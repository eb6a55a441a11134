import type { View } from '../editor/camera.ts'
import type { Point } from '../geometry/point.ts'

/** So much of the view's edges, in CSS pixels, belongs to something else. */
export interface Insets {
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly left: number
}

/** Where to stand at the edge to point to somebody. */
export interface EdgePlace<Who> {
  readonly who: Who
  /** In the view, in CSS pixels. */
  readonly at: Point
  /** Where they are from here: 0 to the right, a quarter turn downwards; in radians. */
  readonly angle: number
}

/**
 * Two who stand at the same edge keep this distance, in CSS pixels: the height of a button; its width
 * with a name, and in narrow views, where it holds initials.
 */
const APART = { upright: 40, level: 170, narrow: 76 }
/** A view is narrow up to this width, in CSS pixels: 40rem of the stylesheet. */
const NARROW = 640

/**
 * Places at the edge of the view for those who are outside of it, each on the line from the middle
 * to where they are.
 *
 * @param all - Who is where, in the view's CSS pixels: `[-200, 40]` is outside on the left.
 * @param most - The nearest so many get a place, as far as there is room at their edge.
 */
export function placesAtEdge<Who>(
  all: Iterable<readonly [Who, Point]>,
  view: View,
  insets: Insets,
  most: number,
): EdgePlace<Who>[] {
  const left = insets.left
  const top = insets.top
  const right = Math.max(left + 1, view.width - insets.right)
  const bottom = Math.max(top + 1, view.height - insets.bottom)
  const middle: Point = [(left + right) / 2, (top + bottom) / 2]

  const outside: { who: Who; dx: number; dy: number; far: number }[] = []
  for (const [who, [x, y]] of all) {
    if (x >= 0 && x <= view.width && y >= 0 && y <= view.height) continue
    const [dx, dy] = [x - middle[0], y - middle[1]]
    outside.push({ who, dx, dy, far: Math.hypot(dx, dy) })
  }
  outside.sort((a, b) => a.far - b.far)

  const level: Standing<Who>[] = []
  const upright: Standing<Who>[] = []
  for (const { who, dx, dy } of outside.slice(0, most)) {
    const byWidth = (right - left) / 2 / Math.abs(dx)
    const byHeight = (bottom - top) / 2 / Math.abs(dy)
    const scale = Math.min(byWidth, byHeight)
    const at: [number, number] = [
      Math.min(right, Math.max(left, middle[0] + dx * scale)),
      Math.min(bottom, Math.max(top, middle[1] + dy * scale)),
    ]
    const place = { who, at, angle: Math.atan2(dy, dx) }
    if (byWidth < byHeight) upright.push(place)
    else level.push(place)
  }
  const [west, east] = halves(upright, ({ at }) => at[0] < middle[0])
  const [north, south] = halves(level, ({ at }) => at[1] < middle[1])
  for (const edge of [west, east]) spread(edge, 1, top, bottom, APART.upright)
  const apart = view.width <= NARROW ? APART.narrow : APART.level
  for (const [edge, y] of [
    [north, top],
    [south, bottom],
  ] as const) {
    // Who stands in the corner already keeps it.
    const isTaken = ({ at }: Standing<Who>) => Math.abs(at[1] - y) < APART.upright
    const start = left + (west.some(isTaken) ? apart : 0)
    const end = right - (east.some(isTaken) ? apart : 0)
    spread(edge, 0, start, Math.max(start, end), apart)
  }
  return [...west, ...east, ...north, ...south]
}

interface Standing<Who> extends EdgePlace<Who> {
  readonly at: [number, number]
}

function halves<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}

/** Moves places along their edge until none stands on another; who finds no room is dropped. */
function spread(
  edge: Standing<unknown>[],
  axis: 0 | 1,
  start: number,
  end: number,
  apart: number,
): void {
  // The nearest stand first.
  edge.splice(1 + Math.floor((end - start) / apart))
  edge.sort((a, b) => a.at[axis] - b.at[axis])
  let least = start
  for (const { at } of edge) {
    at[axis] = Math.max(at[axis], least)
    least = at[axis] + apart
  }
  let most = end
  for (const { at } of edge.reverse()) {
    at[axis] = Math.min(at[axis], most)
    most = at[axis] - apart
  }
}
