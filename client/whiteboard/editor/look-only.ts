import { effect, type ReadonlySignal } from '@preact/signals-core'
import type { Editor } from './editor.ts'

/**
 * Whoever may only look has the hand, and nothing selected: what they drew would be on their own
 * screen alone. The page shows them nothing to draw with either.
 *
 * @returns the way out.
 */
export function lookOnly(editor: Editor, mayOnlyRead: ReadonlySignal<boolean>): () => void {
  return effect(() => {
    if (!mayOnlyRead.value) return
    if (editor.tool.value !== 'hand') editor.tool.value = 'hand'
    if (editor.selection.value.size > 0) editor.selection.value = new Set()
  })
}
