import type { Shape } from '../model/shape.ts'
import type { Tile } from './tile-cache.ts'
import type { Pixels } from './tile-grid.ts'

/** Paints shapes onto one surface. The real one is `canvas-sheet.ts`. */
export interface Sheet {
  /** Paints a shape; returns how much work that was, in characters of path. */
  paint(shape: Shape): number
  /** Has all of what was painted rasterised, now. */
  flush(): void
}

/** A stroke of 100 points is 4,000 characters and takes 35 µs to rasterise (measured at 512 px). */
const FLUSH_AFTER = 30_000

/**
 * The painting of a tile, or of the part of it that changed. It can stop between any two shapes and
 * go on in a later frame, so that a tile with thousands of shapes makes no long task. What it paints
 * is what was there when it began: later changes make the tile dirty, and are its next painting.
 * Were it begun anew each time, a board where much happens would never be done.
 */
export class TileJob<Surface> {
  readonly tile: Tile<Surface>
  /** The part of the tile that is painted. */
  readonly pixels: Pixels
  readonly #shapes: Shape[]
  #next = 0
  #unflushed = 0

  /** `shapes` from the bottom of the pile to its top. */
  constructor(tile: Tile<Surface>, pixels: Pixels, shapes: Shape[]) {
    this.tile = tile
    this.pixels = pixels
    this.#shapes = shapes
  }

  /** One more shape, above all others. */
  add(shape: Shape): void {
    this.#shapes.push(shape)
  }

  /** Paints until `late` says so, at least one shape. Returns whether all is painted. */
  run(sheet: Sheet, late: () => boolean): boolean {
    for (;;) {
      const shape = this.#shapes[this.#next]
      if (shape === undefined) break
      this.#next++
      this.#unflushed += sheet.paint(shape)
      if (this.#unflushed >= FLUSH_AFTER) this.#flush(sheet)
      if (late()) break
    }
    // A flush late in the frame is part of the frame: what is left must not pile up.
    this.#flush(sheet)
    return this.#next >= this.#shapes.length
  }

  #flush(sheet: Sheet): void {
    if (this.#unflushed > 0) sheet.flush()
    this.#unflushed = 0
  }
}
