import type { Action } from '../editor/actions.ts'
import { iconButton } from './icon-button.ts'
import type { IconName } from './icons.ts'

/** The action with this id, which has to be in the table. */
export function actionOf(actions: readonly Action[], id: string): Action {
  const action = actions.find((each) => each.id === id)
  if (action === undefined) throw new TypeError(`there is no action ${id}`)
  return action
}

/** A button with a picture that does `action` while that is possible. */
export function actionButton(name: IconName, action: Action): HTMLButtonElement {
  const button = iconButton(name, action)
  button.addEventListener('click', () => {
    if (button.ariaDisabled !== 'true') action.run()
  })
  return button
}

/** Not `disabled`: that would take the focus away from who presses Undo until there is no more. */
export function setAble(button: HTMLButtonElement, able: boolean): void {
  if (able) button.removeAttribute('aria-disabled')
  else button.setAttribute('aria-disabled', 'true')
}
