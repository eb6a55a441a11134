import type { Box } from '../geometry/box.ts'
import { distance, type Point, plus } from '../geometry/point.ts'
import type { Line } from '../model/shape.ts'

export const HANDLES = ['nw', 'ne', 'se', 'sw', 'n', 'e', 's', 'w'] as const
/** Where on a frame a handle sits, as on a map: `n` is above. */
export type HandleName = (typeof HANDLES)[number]

/** A line alone is not resized but taken by one of its ends. */
export type LineEnd = 'start' | 'end'

/** What a selection is resized by. */
export interface Handle {
  readonly name: HandleName | LineEnd
  /** On the board. */
  readonly at: Point
  /** The CSS cursor over it. */
  readonly cursor: string
}

const CURSORS = {
  nw: 'nwse-resize',
  se: 'nwse-resize',
  ne: 'nesw-resize',
  sw: 'nesw-resize',
  n: 'ns-resize',
  s: 'ns-resize',
  e: 'ew-resize',
  w: 'ew-resize',
} as const satisfies Record<HandleName, string>

/** Which sides a handle takes along: -1 left or top, 1 right or bottom, 0 neither. */
export function sidesOf(name: HandleName): readonly [x: -1 | 0 | 1, y: -1 | 0 | 1] {
  return [
    name.includes('w') ? -1 : name.includes('e') ? 1 : 0,
    name.includes('n') ? -1 : name.includes('s') ? 1 : 0,
  ]
}

/**
 * The handles of a frame, the corners first: they win where a small frame leaves no room. Where the
 * frame has no extent there is nothing to resize along that axis, and those handles are missing.
 * `only` leaves those of one axis: a text has a width to wrap at, and no height of its own.
 */
export function handlesOf(frame: Box, only: 'both' | 'width' = 'both'): readonly Handle[] {
  const wide = frame.width > 0
  const tall = frame.height > 0 && only === 'both'
  return HANDLES.flatMap((name) => {
    const [x, y] = sidesOf(name)
    if ((x !== 0 && !wide) || (y !== 0 && !tall)) return []
    const at: Point = [
      frame.x + (frame.width * (x + 1)) / 2,
      frame.y + (frame.height * (y + 1)) / 2,
    ]
    return [{ name, at, cursor: CURSORS[name] }]
  })
}

/** The two ends of a line. The later one comes first: it wins where they are close. */
export function endsOf({ at, size }: Line): readonly Handle[] {
  return [
    { name: 'end', at: plus(at, size), cursor: 'crosshair' },
    { name: 'start', at, cursor: 'crosshair' },
  ]
}

/**
 * The handle within `reach` of a point on the board. Inside the frame the reach is at most a quarter
 * of it, so that the middle of a tiny shape still moves it.
 */
export function handleAt(
  handles: readonly Handle[],
  frame: Box,
  point: Point,
  reach: number,
): Handle | null {
  const { width, height } = frame
  const isInside =
    point[0] > frame.x &&
    point[0] < frame.x + width &&
    point[1] > frame.y &&
    point[1] < frame.y + height
  const within = (extent: number) => (isInside ? Math.min(reach, extent / 4) : reach)
  const found = handles.find(({ name, at }) => {
    if (name === 'start' || name === 'end') {
      return distance(point, at) <= Math.min(reach, Math.hypot(width, height) / 4)
    }
    return (
      Math.abs(point[0] - at[0]) <= within(width) && Math.abs(point[1] - at[1]) <= within(height)
    )
  })
  return found ?? null
}
