import type { Box } from '../geometry/box.ts'

/** Pixels per unit, where there is room: sharp on today's screens. */
const SCALE = 2
/** Beyond it some browsers make an empty canvas and say nothing. */
const MOST_SIDE = 8_192
/** Safari on a phone has no larger canvas. */
const MOST_PIXELS = 16_777_216

export interface PictureSize {
  readonly width: number
  readonly height: number
  /** Pixels per unit of the board. */
  readonly scale: number
}

/** How many pixels a picture of `box` gets. */
export function pictureSize({ width, height }: Box): PictureSize {
  const scale = Math.min(
    SCALE,
    MOST_SIDE / width,
    MOST_SIDE / height,
    Math.sqrt(MOST_PIXELS / (width * height)),
  )
  const pixels = (length: number) => Math.max(1, Math.min(MOST_SIDE, Math.floor(length * scale)))
  return { width: pixels(width), height: pixels(height), scale }
}
