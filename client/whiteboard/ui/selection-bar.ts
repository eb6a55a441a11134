import { effect } from '@preact/signals-core'
import type { Action } from '../editor/actions.ts'
import type { Editor } from '../editor/editor.ts'
import { actionButton, actionOf } from './action-button.ts'
import { roving } from './roving.ts'

/** What can be done with the selected shapes, while there are any. */
export function showSelectionBar(
  bar: HTMLElement,
  { selection }: Editor,
  actions: readonly Action[],
): () => void {
  bar.append(
    actionButton('toFront', actionOf(actions, 'to-front')),
    actionButton('toBack', actionOf(actions, 'to-back')),
    actionButton('duplicate', actionOf(actions, 'duplicate')),
    actionButton('delete', actionOf(actions, 'delete')),
  )
  const settle = roving(bar)
  const stop = effect(() => {
    bar.hidden = selection.value.size === 0
    settle()
  })
  return () => {
    stop()
    bar.replaceChildren()
  }
}
