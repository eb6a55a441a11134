import type { ShapeId } from '../model/shape.ts'
import type { Editor } from './editor.ts'

/** Steps of undo that somebody may have made of a text that has no words in the end. */
const MOST_STEPS = 200

/** Opens the words of a text or note for typing; of anything else does nothing. */
export function beginEditing(editor: Editor, id: ShapeId): void {
  if (editor.editing.value !== id) endEditing(editor)
  const kind = editor.board.get(id)?.kind
  if (kind !== 'text' && kind !== 'note') return
  editor.selection.value = new Set([id])
  editor.editing.value = id
}

/**
 * Closes the words that are being edited, if any. A text without words is removed: nobody could see
 * it. If it was made just before, it is *undone* instead, so that a click on the wrong spot leaves
 * nothing in the history that would bring an invisible text back.
 */
export function endEditing(editor: Editor): void {
  const id = editor.editing.value
  const fresh = editor.fresh === id
  editor.editing.value = null
  editor.fresh = null
  if (id === null) return
  const { board } = editor
  const shape = board.get(id)
  if (shape?.kind !== 'text' || shape.text !== '') return
  if (!fresh || !unmade(editor, id)) board.remove([id])
}

/**
 * Undoes until the shape was never made. All that was done since is about it: typing and erasing,
 * another colour; whatever is about something else ends the editing first. Says whether it is gone; if not, everything is as before.
 */
function unmade({ board }: Editor, id: ShapeId): boolean {
  let steps = 0
  while (board.get(id) !== null && board.history.canUndo && steps < MOST_STEPS) {
    board.history.undo()
    steps += 1
  }
  if (board.get(id) === null) return true
  for (; steps > 0; steps -= 1) board.history.redo()
  return false
}
