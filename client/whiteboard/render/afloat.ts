import type { Editor } from '../editor/editor.ts'
import type { Box } from '../geometry/box.ts'
import type { Stretch } from '../geometry/stretch.ts'
import type { ShapeChange } from '../model/board.ts'
import { inPile } from '../model/order.ts'
import type { Shape, ShapeId } from '../model/shape.ts'
import { boundsOf } from '../scene/bounds.ts'
import type { Brush } from './brush.ts'
import { Bundle, isBundle } from './bundle.ts'
import { Carried } from './carried.ts'
import type { Lifted } from './lifted.ts'
import type { Sight } from './sight.ts'

/**
 * The shapes that the scene does not show, or not yet: lifted ones look different in every frame,
 * carried ones wait until the scene has painted them, and a large selection that is being moved is a
 * bundle. It becomes one when its first frame is drawn; until its picture is ready its shapes stay in
 * the scene, and after the drop the picture stays until they are there again.
 */
export class Afloat {
  readonly #editor: Editor
  readonly #carried = new Carried()
  #lifted: ReadonlyMap<ShapeId, Lifted> = new Map()
  #leftOut: ReadonlySet<ShapeId> = new Set()
  #bundle: Bundle | null = null
  #stretch: Stretch | null = null
  #pending: readonly Box[] = []

  constructor(editor: Editor) {
    this.#editor = editor
  }

  /** What is painted one by one. */
  get lifted(): ReadonlyMap<ShapeId, Lifted> {
    return this.#lifted
  }

  get carried(): Iterable<Shape> {
    return this.#carried.shapes
  }

  get bundle(): Bundle | null {
    return this.#bundle
  }

  /** Where the scene does not show yet what is on the board. */
  get pending(): readonly Box[] {
    return this.#pending
  }

  /** What the scene leaves out; another set whenever it has changed. */
  get leftOut(): ReadonlySet<ShapeId> {
    return this.#leftOut
  }

  /** Whether something waits for the scene to paint it. */
  get isSettling(): boolean {
    return this.#carried.size > 0 || (this.#bundle !== null && this.#bundle.state !== 'moving')
  }

  /**
   * What looks different now, and how the own selection is stretched. Returns whether there is
   * anything to it: mostly somebody's cursor has moved, and that is all.
   */
  lift(lifted: ReadonlyMap<ShapeId, Lifted>, stretch: Stretch | null): boolean {
    if (lifted.size === 0 && this.#lifted.size === 0 && stretch === this.#stretch) return false
    const { board } = this.#editor
    const down: Shape[] = []
    for (const id of this.#lifted.keys()) {
      const shape = lifted.has(id) || this.#bundle?.ids.has(id) ? null : board.get(id)
      if (shape !== null) down.push(shape)
    }
    this.#carried.putDown(down)
    this.#lifted = lifted
    this.#stretch = stretch
    if (this.#bundle?.state === 'moving') {
      if (stretch === null) this.#bundle.state = 'dropped'
      else this.#bundle.stretch = stretch
    }
    this.#leaveOut()
    return true
  }

  /** What happened on the board since the last frame. Returns whether any of it is seen here. */
  take(changes: readonly ShapeChange[]): boolean {
    if (this.#bundle?.state === 'dropped') {
      const { ids } = this.#bundle
      // Let go of without a change on the board, it was put back: Escape.
      if (!changes.some(({ id }) => ids.has(id))) this.#bundle.stretch = null
      this.#bundle.state = 'settling'
    }
    this.#carried.take(changes)
    return changes.length > 0 && (this.#carried.size > 0 || this.#lifted.size > 0)
  }

  /** Goes on with the picture of a bundle until `late`. Returns whether there is more to do. */
  paint(sight: Sight, brush: Brush, late: () => boolean): boolean {
    if (this.#stretch !== null && this.#bundle?.state !== 'moving') {
      const selected = this.#editor.selected.peek()
      if (!isBundle(selected.length, this.#stretch)) return false
      this.#bundle = new Bundle([...selected].sort(inPile), sight, brush, this.#editor.measure)
      this.#bundle.stretch = this.#stretch
      this.#leaveOut()
    }
    const bundle = this.#bundle
    if (bundle?.state !== 'moving' || bundle.isReady) return false
    bundle.paint(late)
    // Shown from the next frame on, in which the scene leaves its shapes out.
    if (bundle.isReady) this.#leaveOut()
    return true
  }

  /** The scene has painted all but what is `pending`. */
  settle(pending: readonly Box[]): void {
    const { measure } = this.#editor
    this.#pending = pending
    this.#carried.letGo(pending, (shape) => boundsOf(shape, measure))
    if (this.#bundle === null || this.#bundle.state === 'moving') return
    if (pending.length === 0 || !this.#bundle.isReady) this.#bundle = null
  }

  #leaveOut(): void {
    const bundle = this.#bundle
    this.#leftOut = new Set(
      bundle?.state === 'moving' && !bundle.isReady
        ? [...this.#lifted.keys()].filter((id) => !bundle.ids.has(id))
        : this.#lifted.keys(),
    )
  }
}
