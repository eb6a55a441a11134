import type { HandleName } from '../editor/handles.ts'
import { sidesOf } from '../editor/handles.ts'
import type { Box } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'

/** No side becomes shorter than this, on the board; one that is shorter already stays as it is. */
const LEAST = 1

/** How a resize is meant: shift keeps the proportions, alt keeps the centre in its place. */
export interface Manner {
  readonly proportional: boolean
  readonly centred: boolean
}

/**
 * The frame after its handle was dragged `by`. The opposite corner stays, or the centre. A frame is
 * never turned inside out: dragged beyond what stays, it is as small as can be.
 */
export function resized(
  from: Box,
  handle: HandleName,
  [dx, dy]: Point,
  { proportional, centred }: Manner,
): Box {
  const [sideX, sideY] = sidesOf(handle)
  const growth = centred ? 2 : 1
  let width = atLeast(from.width + sideX * dx * growth, from.width)
  let height = atLeast(from.height + sideY * dy * growth, from.height)
  if (proportional) {
    const scale = Math.max(
      sideX !== 0 && from.width > 0 ? width / from.width : 0,
      sideY !== 0 && from.height > 0 ? height / from.height : 0,
      leastScale(from.width),
      leastScale(from.height),
    )
    width = from.width * scale
    height = from.height * scale
  }
  return {
    x: placed(from.x, from.width, width, centred ? 0 : sideX),
    y: placed(from.y, from.height, height, centred ? 0 : sideY),
    width,
    height,
  }
}

const atLeast = (side: number, before: number): number => Math.max(side, Math.min(LEAST, before))

const leastScale = (side: number): number => (side > 0 ? Math.min(1, LEAST / side) : 0)

/** Where a side of the new length begins, if what stays is its other end, or its middle (0). */
function placed(start: number, before: number, after: number, side: -1 | 0 | 1): number {
  return start + ((before - after) * (1 - side)) / 2
}
