import * as Y from 'yjs'
import type { ShapeChange } from './board.ts'
import { changedKeys } from './changed-keys.ts'
import { isShapeId } from './new-id.ts'
import { readShape } from './read-shape.ts'
import type { Shape, ShapeId } from './shape.ts'

/**
 * The shapes of a document as plain values, always as the document has them. Only what a
 * transaction touched is read again.
 */
export class ShapeEntries {
  readonly #doc: Y.Doc
  readonly #root: Y.Map<unknown>
  readonly #shapes = new Map<ShapeId, Shape>()
  readonly #listeners = new Set<(changes: readonly ShapeChange[]) => void>()

  constructor(doc: Y.Doc, root: Y.Map<unknown>) {
    this.#doc = doc
    this.#root = root
    for (const [key, entry] of root.entries()) {
      const shape = isShapeId(key) ? readShape(key, entry) : null
      if (shape !== null) this.#shapes.set(shape.id, shape)
    }
    doc.on('afterTransaction', this.#changed)
  }

  get count(): number {
    return this.#shapes.size
  }

  get(id: ShapeId): Shape | null {
    return this.#shapes.get(id) ?? null
  }

  all(): Iterable<Shape> {
    return this.#shapes.values()
  }

  /** The map that a living shape is in the document. */
  map(id: ShapeId): Y.Map<unknown> | null {
    const map = this.#shapes.has(id) ? this.#root.get(id) : null
    return map instanceof Y.Map ? map : null
  }

  observe(tell: (changes: readonly ShapeChange[]) => void): () => void {
    this.#listeners.add(tell)
    return () => this.#listeners.delete(tell)
  }

  close(): void {
    this.#doc.off('afterTransaction', this.#changed)
    this.#listeners.clear()
  }

  readonly #changed = (transaction: Y.Transaction): void => {
    const changes: ShapeChange[] = []
    for (const id of changedKeys(transaction, this.#root)) {
      if (!isShapeId(id)) continue
      const before = this.get(id)
      const after = readShape(id, this.#root.get(id))
      if (before === null && after === null) continue
      if (after === null) this.#shapes.delete(id)
      else this.#shapes.set(id, after)
      changes.push({ id, before, after })
    }
    if (changes.length > 0) for (const tell of [...this.#listeners]) tell(changes)
  }
}
