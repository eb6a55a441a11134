import type { Camera, View } from '../editor/camera.ts'
import type { Box } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'

/**
 * What the layers show, in pixels of the screen. The corner lies on a whole pixel, the same for all
 * layers: tiles are copied without smoothing, and a stroke does not shift when it becomes a shape.
 */
export interface Sight {
  /** Pixels of the screen per unit of the board. */
  readonly scale: number
  /** The view's corner, in pixels from the board's origin. */
  readonly left: number
  readonly top: number
  /** The size of the view, in pixels of the screen. */
  readonly width: number
  readonly height: number
  /** Pixels of the screen per CSS pixel, at most two. */
  readonly ratio: number
}

export function sightOf(camera: Camera, view: View, ratio: number): Sight {
  const scale = camera.zoom * ratio
  return {
    scale,
    left: Math.round(camera.x * scale),
    top: Math.round(camera.y * scale),
    width: Math.round(view.width * ratio),
    height: Math.round(view.height * ratio),
    ratio,
  }
}

/** Where a point of the board is, in pixels from the view's corner. */
export function onScreen([x, y]: Point, { scale, left, top }: Sight): Point {
  return [x * scale - left, y * scale - top]
}

/** The part of the board that is seen. */
export function seenFrom({ scale, left, top, width, height }: Sight): Box {
  return { x: left / scale, y: top / scale, width: width / scale, height: height / scale }
}

export function sameSight(a: Sight, b: Sight): boolean {
  return (
    a.scale === b.scale &&
    a.left === b.left &&
    a.top === b.top &&
    a.width === b.width &&
    a.height === b.height &&
    a.ratio === b.ratio
  )
}
