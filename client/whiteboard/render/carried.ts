import { type Box, overlap } from '../geometry/box.ts'
import type { ShapeChange } from '../model/board.ts'
import type { Shape, ShapeId } from '../model/shape.ts'

/** More than these at once are not carried: painting them in each frame would cost too much. */
const MOST = 64

/**
 * Shapes that have just come, or have come down, and that the scene has not painted yet. They are
 * painted with what is being drawn until it has, so that nothing is gone for a moment: neither the
 * stroke of a pen that lifts, nor what is dropped.
 */
export class Carried {
  readonly #shapes = new Map<ShapeId, Shape>()

  get shapes(): Iterable<Shape> {
    return this.#shapes.values()
  }

  get size(): number {
    return this.#shapes.size
  }

  /** What happened on the board. */
  take(changes: readonly ShapeChange[]): void {
    for (const { id, after } of changes) {
      if (after === null) this.#shapes.delete(id)
      else if (changes.length <= MOST || this.#shapes.has(id)) this.#add(after)
    }
  }

  /** These are no longer left out of the scene. */
  putDown(shapes: readonly Shape[]): void {
    if (shapes.length <= MOST) for (const shape of shapes) this.#add(shape)
  }

  /** Lets go of what the scene shows by now: all that touches nothing `pending`. */
  letGo(pending: readonly Box[], boundsOf: (shape: Shape) => Box): void {
    for (const [id, shape] of this.#shapes) {
      const bounds = boundsOf(shape)
      if (!pending.some((box) => overlap(box, bounds))) this.#shapes.delete(id)
    }
  }

  #add(shape: Shape): void {
    this.#shapes.delete(shape.id)
    this.#shapes.set(shape.id, shape)
    // The one carried longest ago goes first.
    for (const id of this.#shapes.keys()) {
      if (this.#shapes.size <= MOST) break
      this.#shapes.delete(id)
    }
  }
}
