import { effect, type Signal } from '@preact/signals-core'
import type { ShapeId } from '../model/shape.ts'
import { MOUSE } from './choose-tool.ts'
import type { Editor } from './editor.ts'

/**
 * Keeps the state of an editor true: shapes that are gone, removed here or by somebody else, are no
 * longer selected, erased or edited; a newly chosen tool shows its own cursor. Returns the way out.
 */
export function keepTidy(editor: Editor): () => void {
  const { board, selection, erasing, editing } = editor
  const stopWatching = board.observe((changes) => {
    const gone = changes.flatMap(({ id, after }) => (after === null ? [id] : []))
    if (gone.length === 0) return
    drop(selection, gone)
    drop(erasing, gone)
    const edited = editing.peek()
    if (edited !== null && gone.includes(edited)) {
      editing.value = null
      editor.fresh = null
    }
  })
  const stopCursor = effect(() => {
    editor.mouse.value = MOUSE[editor.tool.value]
  })
  return () => {
    stopWatching()
    stopCursor()
  }
}

function drop(signal: Signal<ReadonlySet<ShapeId>>, gone: readonly ShapeId[]): void {
  const left = new Set(signal.peek())
  const had = left.size
  for (const id of gone) left.delete(id)
  if (left.size < had) signal.value = left
}
