import { type Camera, panned, type View, zoomed } from '../editor/camera.ts'
import type { Point } from '../geometry/point.ts'

/** What of a `WheelEvent` says what is wanted. */
export interface WheelTurn {
  readonly deltaX: number
  readonly deltaY: number
  /** 0: pixels, 1: lines, 2: pages. */
  readonly deltaMode: number
  readonly shiftKey: boolean
  /** Ctrl, or Cmd; also what browsers say of a pinch on a trackpad. */
  readonly zooms: boolean
  /** Where the pointer is in the view. */
  readonly at: Point
}

const LINE_PX = 20
// A pinch on a trackpad comes as many small turns, a notch of a wheel as one of 100 or 120: at e^0.01
// per pixel the first follows the fingers, and bounded to 20 the second is a step of 22 %.
const ZOOM_PER_PX = 0.01
const MOST_ZOOM_PX = 20

export function turned(camera: Camera, turn: WheelTurn, view: View): Camera {
  const unit = (page: number) => [1, LINE_PX, page][turn.deltaMode] ?? 1
  const dx = turn.deltaX * unit(view.width)
  const dy = turn.deltaY * unit(view.height)
  if (!Number.isFinite(dx) || !Number.isFinite(dy)) return camera
  if (turn.zooms) {
    const px = Math.max(-MOST_ZOOM_PX, Math.min(MOST_ZOOM_PX, dy))
    return zoomed(camera, camera.zoom * Math.exp(-px * ZOOM_PER_PX), turn.at)
  }
  // Some systems turn a wheel with Shift sideways by themselves, others leave it to the page.
  return turn.shiftKey && dx === 0 ? panned(camera, [-dy, 0]) : panned(camera, [-dx, -dy])
}
