import type { Box } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'

/** Which part of the board is seen: the point in the view's top left corner, and the zoom. */
export interface Camera {
  readonly x: number
  readonly y: number
  /** Pixels of the view per unit of the board: 0.1 to 30. */
  readonly zoom: number
}

/** The view in CSS pixels. */
export interface View {
  readonly width: number
  readonly height: number
}

export const LEAST_ZOOM = 0.1
export const MOST_ZOOM = 30

/** Where a point of the view lies on the board. */
export function toBoard([x, y]: Point, camera: Camera): Point {
  return [camera.x + x / camera.zoom, camera.y + y / camera.zoom]
}

/** Where a point of the board lies in the view. */
export function toView([x, y]: Point, camera: Camera): Point {
  return [(x - camera.x) * camera.zoom, (y - camera.y) * camera.zoom]
}

/** The part of the board that is seen. */
export function seen(camera: Camera, { width, height }: View): Box {
  return { x: camera.x, y: camera.y, width: width / camera.zoom, height: height / camera.zoom }
}

/** The camera with another zoom, bounded, with what is under `anchor` in the view staying there. */
export function zoomed(camera: Camera, zoom: number, anchor: Point): Camera {
  const bounded = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, zoom))
  const [x, y] = toBoard(anchor, camera)
  return { x: x - anchor[0] / bounded, y: y - anchor[1] / bounded, zoom: bounded }
}

/** The camera after the view was dragged by so many pixels. */
export function panned(camera: Camera, [dx, dy]: Point): Camera {
  return { ...camera, x: camera.x - dx / camera.zoom, y: camera.y - dy / camera.zoom }
}

/** The camera that shows all of `box` with a margin in pixels, at `most` zoom. */
export function fitting(box: Box, view: View, margin = 48, most = 1): Camera {
  const room = (all: number) => Math.max(1, all - 2 * margin)
  const fit = Math.min(room(view.width) / box.width, room(view.height) / box.height, most)
  const zoom = Math.max(LEAST_ZOOM, fit)
  return {
    x: box.x + box.width / 2 - view.width / zoom / 2,
    y: box.y + box.height / 2 - view.height / zoom / 2,
    zoom,
  }
}
