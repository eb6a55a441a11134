import { effect } from '@preact/signals-core'
import type { Action } from '../editor/actions.ts'
import { type Editor, TOOLS } from '../editor/editor.ts'
import { actionButton, actionOf, setAble } from './action-button.ts'
import { roving } from './roving.ts'

export interface ToolbarPlaces {
  readonly tools: HTMLElement
  readonly history: HTMLElement
}

/** The tools, one of them pressed, and beside them undo and redo. */
export function showToolbar(
  places: ToolbarPlaces,
  editor: Editor,
  actions: readonly Action[],
): () => void {
  const tools = TOOLS.map((name) => {
    const button = actionButton(name, actionOf(actions, name))
    button.dataset.tool = name
    return button
  })
  places.tools.append(...tools)
  const settleTools = roving(places.tools)
  const stopPressing = effect(() => {
    for (const button of tools) {
      const isChosen = button.dataset.tool === editor.tool.value
      button.ariaPressed = String(isChosen)
      // Tab leads to the tool in the hand, unless somebody is just going through the tools.
      if (!places.tools.contains(document.activeElement)) button.tabIndex = isChosen ? 0 : -1
    }
    settleTools()
  })

  const steps = (['undo', 'redo'] as const).map((id) => {
    const action = actionOf(actions, id)
    return { action, button: actionButton(id, action) }
  })
  places.history.append(...steps.map(({ button }) => button))
  roving(places.history)
  const stopSteps = effect(() => {
    for (const { action, button } of steps) setAble(button, action.enabled?.() ?? true)
  })

  return () => {
    stopPressing()
    stopSteps()
    places.tools.replaceChildren()
    places.history.replaceChildren()
  }
}
