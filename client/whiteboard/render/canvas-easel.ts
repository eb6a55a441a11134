import type { Shape } from '../model/shape.ts'
import type { Brush } from './brush.ts'
import { dotSpacing } from './dots.ts'
import type { Tile } from './tile-cache.ts'
import { type Pixels, TILE } from './tile-grid.ts'
import type { Sheet } from './tile-job.ts'
import type { Easel } from './tile-painter.ts'

/** What tiles are painted on. */
export interface Surface {
  readonly canvas: OffscreenCanvas
  readonly g: OffscreenCanvasRenderingContext2D
}

/**
 * A tile's canvas. It is always one in memory (`willReadFrequently`), with or without a GPU: only
 * so does asking for a pixel rasterise what was painted so far, and cheaply (20 µs besides the
 * raster). Without that, painting would look free and then stop the page for a second.
 */
export function makeSurface(): Surface {
  const canvas = new OffscreenCanvas(TILE, TILE)
  const g = canvas.getContext('2d', { alpha: false, willReadFrequently: true })
  if (g === null) throw new Error('this browser has no canvas')
  return { canvas, g }
}

/**
 * Paints tiles on canvases in memory, with dots on the paper. Painted within a part of the tile, the
 * soft edge of a curve may differ by a shade from one painted as a whole: Skia cuts a curve where the
 * part ends, and follows the pieces a little differently.
 */
export class CanvasEasel implements Easel<Surface> {
  /** What to paint with from now on. */
  brush: Brush
  /** Pixels of the screen per CSS pixel. */
  ratio = 1

  constructor(brush: Brush) {
    this.brush = brush
  }

  begin(surface: Surface, tile: Tile<Surface>, pixels: Pixels): Sheet & { end(): void } {
    const { g } = surface
    g.save()
    // What was painted over it before may have left another.
    g.setTransform(1, 0, 0, 1, 0, 0)
    g.globalAlpha = 1
    g.beginPath()
    g.rect(pixels.x, pixels.y, pixels.width, pixels.height)
    g.clip()
    this.#paper(g, tile, pixels)
    return Object.assign(this.over(surface, tile), { end: () => g.restore() })
  }

  over({ g }: Surface, { column, row, scale }: Tile<Surface>): Sheet {
    const corner = { scale, left: column * TILE, top: row * TILE }
    const { brush } = this
    return {
      paint(shape: Shape): number {
        return brush.shape(g, shape, corner)
      },
      flush() {
        g.getImageData(0, 0, 1, 1)
      },
    }
  }

  copy(from: Surface, { g }: Surface, { x, y, width, height }: Pixels): void {
    g.setTransform(1, 0, 0, 1, 0, 0)
    g.globalAlpha = 1
    g.drawImage(from.canvas, x, y, width, height, x, y, width, height)
  }

  #paper(
    g: OffscreenCanvasRenderingContext2D,
    { column, row, scale }: Tile<Surface>,
    { x, y, width, height }: Pixels,
  ): void {
    const { paper, grid } = this.brush.theme
    g.fillStyle = paper
    g.fillRect(x, y, width, height)
    g.fillStyle = grid
    const step = dotSpacing(scale / this.ratio) * scale
    const edge = Math.max(1, Math.round(1.5 * this.ratio))
    // On whole pixels, so that all dots look the same.
    const places = (from: number, length: number): number[] => {
      const found: number[] = []
      const first = Math.floor((from - edge) / step)
      for (let i = first; i * step < from + length + edge; i++) {
        found.push(Math.round(i * step - edge / 2))
      }
      return found
    }
    const rows = places(row * TILE + y, height)
    for (const dotX of places(column * TILE + x, width)) {
      for (const dotY of rows) g.fillRect(dotX - column * TILE, dotY - row * TILE, edge, edge)
    }
  }
}
