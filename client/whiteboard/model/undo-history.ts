import * as Y from 'yjs'
import type { History } from './board.ts'
import { MOST_UNDO_STEPS } from './limits.ts'

/**
 * `History` over Yjs' own UndoManager, which it uses in two ways that are not Yjs' own.
 *
 * A step that has nothing left to take back (somebody has moved the shape on since) is used up and
 * does nothing. Yjs would go on to the step before: whoever wants a shape back that somebody else
 * removed as well would see it un-made instead.
 *
 * And redo writes over what others wrote meanwhile, as doing it again by hand would; undo never
 * does. If redo did not either, a shape whose making was undone while somebody changed it would come
 * back without the property that they changed, and be no shape.
 */
export class UndoHistory implements History {
  readonly #manager: Y.UndoManager
  readonly #listeners = new Set<() => void>()

  /**
   * @param shapes Nothing outside of it is undone: what a pen-up removes from the live strokes
   *   stays removed.
   * @param own Origins of this person's transactions, or the classes of such origins.
   */
  constructor(shapes: Y.Map<unknown>, own: Iterable<unknown>) {
    const trackedOrigins = new Set(own)
    this.#manager = new Y.UndoManager(shapes, { trackedOrigins })
    this.#manager.on('stack-item-added', () => {
      const { undoStack } = this.#manager
      while (undoStack.length > MOST_UNDO_STEPS) undoStack.shift()
      this.#tell()
    })
    this.#manager.on('stack-cleared', () => this.#tell())
  }

  get canUndo(): boolean {
    return this.#manager.canUndo()
  }

  get canRedo(): boolean {
    return this.#manager.canRedo()
  }

  undo(): void {
    const { undoStack } = this.#manager
    const earlier = undoStack.splice(0, undoStack.length - 1)
    this.#manager.undo()
    undoStack.unshift(...earlier)
    this.#afterJourney()
  }

  redo(): void {
    const { redoStack } = this.#manager
    const later = redoStack.splice(0, redoStack.length - 1)
    this.#manager.ignoreRemoteMapChanges = true
    this.#manager.redo()
    this.#manager.ignoreRemoteMapChanges = false
    redoStack.unshift(...later)
    this.#afterJourney()
  }

  cut(): void {
    this.#manager.stopCapturing()
  }

  observe(tell: () => void): () => void {
    this.#listeners.add(tell)
    return () => this.#listeners.delete(tell)
  }

  close(): void {
    this.#manager.destroy()
    this.#listeners.clear()
  }

  /** Yjs says nothing of a step that did nothing. */
  #afterJourney(): void {
    this.cut()
    this.#tell()
  }

  #tell(): void {
    for (const tell of [...this.#listeners]) tell()
  }
}
