import type { Look, Shape } from '../model/shape.ts'
import { boundsOf } from '../scene/bounds.ts'
import type { Measure } from '../scene/measure.ts'
import { paintingOf } from '../scene/paint.ts'
import type { Part, Words } from '../scene/painting.ts'
import { colourOf, FONT, type Theme } from '../scene/theme.ts'
import type { Sight } from './sight.ts'

export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

/** Where a unit of the board is so many pixels, and where the canvas begins in pixels. */
export type Corner = Pick<Sight, 'scale' | 'left' | 'top'>

/** Shapes of fewer pixels than this are dots: nobody could tell what else they are. */
const DOT = 1.5
/** Letters of fewer pixels are bars, as in a miniature of a page. */
const LEGIBLE = 3.5
/** What a shape costs besides its path, in characters of path. */
const COST = 500

const paths = new WeakMap<Part, Path2D>()

/** Parsed when first painted: 50 µs for a stroke of 50 points, and most are never seen. */
function pathOf(part: Part): Path2D {
  let path = paths.get(part)
  if (path === undefined) {
    path = new Path2D(part.d)
    paths.set(part, path)
  }
  return path
}

/** How a shape is painted otherwise than it is. */
export interface Manner {
  /** Of the whole, besides the shape's own. */
  readonly opacity?: number
  /** Without its words. */
  readonly wordless?: boolean
}

/** Paints shapes of one theme on a canvas. Leaves the canvas' transform and alpha changed. */
export class Brush {
  readonly #measure: Measure
  readonly #theme: Theme

  constructor(measure: Measure, theme: Theme) {
    this.#measure = measure
    this.#theme = theme
  }

  get theme(): Theme {
    return this.#theme
  }

  /** Returns how much work it was, in characters of path. */
  shape(g: Context, shape: Shape, corner: Corner, manner: Manner = {}): number {
    const { scale, left, top } = corner
    const bounds = boundsOf(shape, this.#measure)
    if (Math.max(bounds.width, bounds.height) * scale < DOT) {
      this.#dot(g, shape, corner, manner)
      return COST / 10
    }
    const painting = paintingOf(shape, this.#measure)
    g.setTransform(scale, 0, 0, scale, shape.at[0] * scale - left, shape.at[1] * scale - top)
    g.globalAlpha = painting.opacity * (manner.opacity ?? 1)
    let work = COST
    for (const part of painting.parts) {
      this.path(g, pathOf(part), part, shape.look)
      work += part.d.length
    }
    if (painting.words !== null && manner.wordless !== true) {
      this.#words(g, painting.words, shape.look, scale)
      work += COST * painting.words.lines.length
    }
    return work
  }

  /** Paints a path where the canvas' transform puts it. */
  path(g: Context, path: Path2D, { fill, stroke }: Omit<Part, 'd'>, look: Look): void {
    if (fill !== null) {
      g.fillStyle = colourOf(this.#theme, fill, look)
      g.fill(path)
    }
    if (stroke !== null) {
      g.strokeStyle = colourOf(this.#theme, stroke.paint, look)
      g.lineWidth = stroke.width
      g.lineCap = 'round'
      g.lineJoin = 'round'
      g.stroke(path)
    }
  }

  #dot(g: Context, shape: Shape, { scale, left, top }: Corner, manner: Manner): void {
    g.setTransform(1, 0, 0, 1, 0, 0)
    g.globalAlpha = 0.7 * (manner.opacity ?? 1)
    g.fillStyle = colourOf(this.#theme, shape.kind === 'note' ? 'note' : 'line', shape.look)
    const { x, y, width, height } = boundsOf(shape, this.#measure)
    g.fillRect(
      x * scale - left,
      y * scale - top,
      Math.max(1, width * scale),
      Math.max(1, height * scale),
    )
  }

  #words(g: Context, { lines, size, paint }: Words, look: Look, scale: number): void {
    g.fillStyle = colourOf(this.#theme, paint, look)
    if (size * scale < LEGIBLE) {
      g.globalAlpha *= 0.5
      for (const { text, x, y } of lines) {
        g.fillRect(x, y - size * 0.5, this.#measure(text, size), size * 0.5)
      }
      return
    }
    g.font = `${size}px ${FONT}`
    g.textRendering = 'geometricPrecision'
    for (const { text, x, y } of lines) g.fillText(text, x, y)
  }
}
