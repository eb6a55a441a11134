import { endEditing } from '../editor/editing.ts'
import type { Editor, ToolName } from '../editor/editor.ts'
import { createEraser } from './eraser.ts'
import { createFrame } from './frame.ts'
import { createHand } from './hand.ts'
import { createLine } from './line.ts'
import { once } from './once.ts'
import { createPen } from './pen.ts'
import { createSelect } from './select.ts'
import type { Tool } from './tool.ts'
import { createNote, createText } from './writing.ts'

/** What each tool does when somebody presses on the board. */
export function createTools(editor: Editor): Readonly<Record<ToolName, Tool>> {
  /** All but the hand change the board, which ends what is being typed: see `endEditing`. */
  const changing = (tool: Tool): Tool =>
    once({
      ...tool,
      down(press) {
        endEditing(editor)
        return tool.down(press)
      },
    })
  return {
    select: changing(createSelect(editor)),
    hand: once(createHand(editor)),
    pen: changing(createPen(editor, 'pen')),
    highlighter: changing(createPen(editor, 'highlighter')),
    eraser: changing(createEraser(editor)),
    rectangle: changing(createFrame(editor, 'rectangle')),
    ellipse: changing(createFrame(editor, 'ellipse')),
    line: changing(createLine(editor, 'line')),
    arrow: changing(createLine(editor, 'arrow')),
    text: changing(createText(editor)),
    note: changing(createNote(editor)),
  }
}
