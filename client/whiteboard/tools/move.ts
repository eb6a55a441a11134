import type { Editor } from '../editor/editor.ts'
import { minus, type Point } from '../geometry/point.ts'
import { stretchSelection } from './stretch-selection.ts'
import type { Gesture, Press } from './tool.ts'

/** Drags what is selected. Shift keeps to one axis; alt leaves the originals and drops copies. */
export function moveSelection(editor: Editor, first: Press): Gesture {
  const { board, selected, selection } = editor
  return stretchSelection(
    editor,
    (from, press) => {
      const [dx, dy] = wayTo(first, press)
      return { ...from, x: from.x + dx, y: from.y + dy }
    },
    (dropped, press) => {
      const ids = selected.value.map(({ id }) => id)
      if (press.alt) selection.value = new Set(board.duplicate(ids, wayTo(first, press)))
      else board.stretch(ids, dropped)
    },
  )
}

function wayTo(first: Press, { at, shift }: Press): Point {
  const [dx, dy] = minus(at, first.at)
  if (!shift) return [dx, dy]
  return Math.abs(dx) >= Math.abs(dy) ? [dx, 0] : [0, dy]
}
