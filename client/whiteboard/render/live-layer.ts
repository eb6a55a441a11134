import type { Editor } from '../editor/editor.ts'
import type { Box } from '../geometry/box.ts'
import { scaleOf } from '../geometry/stretch.ts'
import { inPile } from '../model/order.ts'
import type { NewShape, Shape, ShapeId } from '../model/shape.ts'
import { stretchedShape } from '../model/stretch-shape.ts'
import type { Afloat } from './afloat.ts'
import type { Brush, Corner, Manner } from './brush.ts'
import type { Bundle } from './bundle.ts'
import type { Lifted } from './lifted.ts'
import { LiveInk } from './live-ink.ts'
import { onScreen, type Sight } from './sight.ts'

/** What is being drawn, moved, resized or erased, above the scene. */
export class LiveLayer {
  readonly #g: CanvasRenderingContext2D
  readonly #editor: Editor
  readonly #ink = new LiveInk()
  #brush: Brush
  #draft: { readonly of: NewShape; readonly shape: Shape } | null = null
  #isEmpty = true

  constructor(canvas: HTMLCanvasElement, editor: Editor, brush: Brush) {
    const g = canvas.getContext('2d')
    if (g === null) throw new Error('this browser has no canvas')
    this.#g = g
    this.#editor = editor
    this.#brush = brush
  }

  use(brush: Brush): void {
    this.#brush = brush
  }

  draw(sight: Sight, { lifted, carried, bundle, pending }: Afloat): void {
    const g = this.#g
    this.#clear(sight)
    const settles = bundle?.state === 'settling'
    if (bundle?.isReady && !settles) this.#bundle(bundle, sight)
    for (const shape of this.#pileOf(lifted, bundle)) {
      const how = lifted.get(shape.id)
      if (how !== undefined) this.#lifted(shape, how, sight, lifted.size)
    }
    if (pending.length > 0) {
      g.save()
      this.#clip(pending, sight)
      if (bundle?.isReady && settles) this.#bundle(bundle, sight)
      for (const shape of carried) if (!lifted.has(shape.id)) this.#shape(shape, sight)
      g.restore()
    }
    const draft = this.#editor.draft.peek()
    if (draft !== null) this.#shape(this.#asShape(draft), sight)
    this.#ink.keep(this.#editor.live.strokes())
    for (const stroke of this.#editor.live.strokes()) {
      this.#isEmpty = false
      this.#ink.paint(g, stroke, this.#brush, sight)
    }
  }

  /** A canvas that is empty and stays so costs nothing: clearing one is 1.5 ms of copying. */
  #clear({ width, height }: Sight): void {
    if (this.#isEmpty) return
    this.#g.setTransform(1, 0, 0, 1, 0, 0)
    this.#g.clearRect(0, 0, width, height)
    this.#isEmpty = true
  }

  /** Where the scene is up to date it would be seen twice: soft edges and highlighters darken. */
  #clip(pending: readonly Box[], sight: Sight): void {
    this.#g.setTransform(1, 0, 0, 1, 0, 0)
    this.#g.beginPath()
    for (const { x, y, width, height } of pending) {
      const [left, top] = onScreen([x, y], sight).map(Math.round) as [number, number]
      const [right, bottom] = onScreen([x + width, y + height], sight).map(Math.round) as [
        number,
        number,
      ]
      this.#g.rect(left, top, right - left, bottom - top)
    }
    this.#g.clip()
  }

  #bundle(bundle: Bundle, sight: Sight): void {
    this.#isEmpty = false
    bundle.draw(this.#g, sight)
  }

  #pileOf(lifted: ReadonlyMap<ShapeId, Lifted>, bundle: Bundle | null): Shape[] {
    const { board } = this.#editor
    const shapes: Shape[] = []
    for (const id of lifted.keys()) {
      const shape = bundle?.ids.has(id) ? null : board.get(id)
      if (shape !== null) shapes.push(shape)
    }
    return shapes.sort(inPile)
  }

  #lifted(shape: Shape, { stretch, opacity, wordless }: Lifted, sight: Sight, count: number): void {
    if (stretch === null) {
      this.#shape(shape, sight, { opacity, wordless })
      return
    }
    const [x, y] = scaleOf(stretch)
    if (x === 1 && y === 1) {
      // As it is, painted elsewhere: nothing about it has to be made anew.
      const left = sight.left - (stretch.to.x - stretch.from.x) * sight.scale
      const top = sight.top - (stretch.to.y - stretch.from.y) * sight.scale
      this.#shape(shape, { scale: sight.scale, left, top }, { opacity })
      return
    }
    const { at, size } = stretchedShape(shape, stretch, count === 1)
    this.#shape({ ...shape, at, size } as Shape, sight, { opacity })
  }

  #shape(shape: Shape, corner: Corner, manner: Manner = {}): void {
    this.#isEmpty = false
    this.#brush.shape(this.#g, shape, corner, manner)
  }

  #asShape(draft: NewShape): Shape {
    if (this.#draft?.of !== draft) {
      this.#draft = { of: draft, shape: { ...draft, id: 'draft' as ShapeId, order: '' } as Shape }
    }
    return this.#draft.shape
  }
}
