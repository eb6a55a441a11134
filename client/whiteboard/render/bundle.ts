import { type Box, boxAround, grown, overlap } from '../geometry/box.ts'
import { type Stretch, scaleOf, stretched } from '../geometry/stretch.ts'
import type { Shape, ShapeId } from '../model/shape.ts'
import { boundsOf } from '../scene/bounds.ts'
import type { Measure } from '../scene/measure.ts'
import type { Brush } from './brush.ts'
import { common } from './common.ts'
import { onScreen, type Sight, seenFrom } from './sight.ts'

/** More shapes than these are not painted one by one in each frame: moved, and resized. */
const MOST_MOVED = 64
const MOST_RESIZED = 24
/** Of the picture, 4 bytes each. Where it would have more it is less sharp. */
const MOST_PIXELS = 8_000_000
/** Work between looks at the clock, in characters of path. */
const FLUSH_AFTER = 30_000

/** Whether so many shapes under a stretch are better painted once. */
export function isBundle(count: number, stretch: Stretch): boolean {
  const [x, y] = scaleOf(stretch)
  return count > (x === 1 && y === 1 ? MOST_MOVED : MOST_RESIZED)
}

/**
 * A large selection that is being moved: painted once as a picture, which then is moved and
 * stretched instead of its shapes. A thousand shapes take 40 ms to paint, their picture 3 ms. It is
 * painted little by little; until `isReady` the shapes stay in the scene, and after the drop it stays
 * until the scene has painted them.
 */
export class Bundle {
  readonly ids: ReadonlySet<ShapeId>
  /** How it is stretched now; `null` for not at all. */
  stretch: Stretch | null = null
  /** Dropped: let go of in this frame. Settling: the scene is painting its shapes again. */
  state: 'moving' | 'dropped' | 'settling' = 'moving'
  readonly #shapes: readonly Shape[]
  readonly #brush: Brush
  readonly #g: OffscreenCanvasRenderingContext2D | null
  readonly #corner: { readonly scale: number; readonly left: number; readonly top: number }
  /** What the picture shows of the board. */
  readonly #box: Box
  #next = 0

  /** `shapes` from bottom to top. What is far outside of the view is left out of the picture. */
  constructor(shapes: readonly Shape[], sight: Sight, brush: Brush, measure: Measure) {
    const seen = seenFrom(sight)
    const near = grown(seen, Math.max(seen.width, seen.height) / 2)
    this.ids = new Set(shapes.map(({ id }) => id))
    this.#shapes = shapes.filter((shape) => overlap(boundsOf(shape, measure), near))
    this.#brush = brush
    const all = boxAround(this.#shapes.map((shape) => boundsOf(shape, measure))) ?? seen
    this.#box = common(all, near)
    const pixels = this.#box.width * this.#box.height * sight.scale ** 2
    const scale = sight.scale * Math.min(1, Math.sqrt(MOST_PIXELS / pixels))
    this.#corner = { scale, left: this.#box.x * scale, top: this.#box.y * scale }
    const canvas = new OffscreenCanvas(
      Math.max(1, Math.ceil(this.#box.width * scale)),
      Math.max(1, Math.ceil(this.#box.height * scale)),
    )
    // In memory, so that painting can stop in time: see `canvas-easel.ts`.
    this.#g = canvas.getContext('2d', { willReadFrequently: true })
  }

  get isReady(): boolean {
    return this.#next >= this.#shapes.length
  }

  /** Goes on with the picture until `late`. */
  paint(late: () => boolean): void {
    const g = this.#g
    if (g === null) return
    let work = 0
    for (let shape = this.#shapes[this.#next]; shape !== undefined && !late(); ) {
      work += this.#brush.shape(g, shape, this.#corner)
      if (work > FLUSH_AFTER) {
        g.getImageData(0, 0, 1, 1)
        work = 0
      }
      this.#next++
      shape = this.#shapes[this.#next]
    }
    g.getImageData(0, 0, 1, 1)
  }

  draw(g: CanvasRenderingContext2D, sight: Sight): void {
    if (this.#g === null) return
    const { x, y, width, height } = this.#box
    const put = (at: readonly [number, number]) =>
      onScreen(this.stretch === null ? at : stretched(at, this.stretch), sight)
    const [left, top] = put([x, y])
    const [right, bottom] = put([x + width, y + height])
    g.setTransform(1, 0, 0, 1, 0, 0)
    g.globalAlpha = 1
    // On whole pixels when it is only moved: it stays as sharp as it was painted.
    const corner = [Math.round(left), Math.round(top)] as const
    g.drawImage(this.#g.canvas, ...corner, Math.ceil(right - left), Math.ceil(bottom - top))
  }
}
