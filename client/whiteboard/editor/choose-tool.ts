import { endEditing } from './editing.ts'
import type { Editor, TOOLS, ToolName } from './editor.ts'

/** The CSS cursor of each tool; `select` changes it by what is under the pointer. */
export const MOUSE = {
  select: 'default',
  hand: 'grab',
  pen: 'crosshair',
  highlighter: 'crosshair',
  eraser: 'cell',
  rectangle: 'crosshair',
  ellipse: 'crosshair',
  line: 'crosshair',
  arrow: 'crosshair',
  text: 'text',
  note: 'copy',
} as const satisfies Record<ToolName, string>

/** As on a button. */
export const TOOL_LABELS = {
  select: 'Select',
  hand: 'Hand',
  pen: 'Pen',
  highlighter: 'Highlighter',
  eraser: 'Eraser',
  rectangle: 'Rectangle',
  ellipse: 'Ellipse',
  line: 'Line',
  arrow: 'Arrow',
  text: 'Text',
  note: 'Note',
} as const satisfies Record<(typeof TOOLS)[number], string>

/**
 * Takes a tool into the hand. A tool that draws lets go of what is selected: otherwise the next
 * choice of a colour, meant for what comes, would repaint it.
 */
export function chooseTool(editor: Editor, name: ToolName): void {
  endEditing(editor)
  if (name !== 'select' && name !== 'hand' && editor.selection.value.size > 0) {
    editor.selection.value = new Set()
  }
  if (editor.tool.value === name) return
  editor.tool.value = name
  editor.announcement.value = TOOL_LABELS[name]
}
