import type { Editor } from '../editor/editor.ts'
import type { HandleName } from '../editor/handles.ts'
import { minus } from '../geometry/point.ts'
import { resized } from './resized.ts'
import { stretchSelection } from './stretch-selection.ts'
import type { Gesture, Press } from './tool.ts'

/** Drags a handle of the selection. Shift keeps the proportions, alt the centre. */
export function resizeSelection(editor: Editor, first: Press, handle: HandleName): Gesture {
  return stretchSelection(
    editor,
    (from, { at, shift, alt }) =>
      resized(from, handle, minus(at, first.at), { proportional: shift, centred: alt }),
    (dropped) => {
      editor.board.stretch(
        editor.selected.value.map(({ id }) => id),
        dropped,
      )
    },
  )
}
