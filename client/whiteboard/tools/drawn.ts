import type { Editor } from '../editor/editor.ts'
import { nameOf } from '../editor/name-of.ts'
import type { NewShape, ShapeId } from '../model/shape.ts'

/** Puts what was just drawn on the board, selected, and returns to the select tool. */
export function drawn(editor: Editor, shape: NewShape): ShapeId | null {
  const { board } = editor
  editor.draft.value = null
  const [id] = board.add([shape])
  const added = id === undefined ? null : board.get(id)
  if (added === null) return null
  editor.tool.value = 'select'
  editor.selection.value = new Set([added.id])
  editor.announcement.value = `${nameOf(added)} added`
  return added.id
}
