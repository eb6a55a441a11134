import { type Camera, panned, zoomed } from '../editor/camera.ts'
import { distance, minus, type Point } from '../geometry/point.ts'

/** Where two fingers are, in the view. */
export type Fingers = readonly [Point, Point]

// Closer than this in pixels, the tremble of two fingers would be a leap of the zoom.
const LEAST_SPREAD = 8

/**
 * The camera after two fingers went from `before` to `after`: what lay on the board under the
 * middle between them lies there still, and zoom follows how far they are apart.
 */
export function pinched(camera: Camera, before: Fingers, after: Fingers): Camera {
  const spread = (fingers: Fingers) => Math.max(LEAST_SPREAD, distance(...fingers))
  const from = middle(before)
  const to = middle(after)
  return zoomed(panned(camera, minus(to, from)), (camera.zoom * spread(after)) / spread(before), to)
}

export const middle = ([[ax, ay], [bx, by]]: Fingers): Point => [(ax + bx) / 2, (ay + by) / 2]
