import { isMac } from '../input/is-mac.ts'
import { type IconName, icon } from './icons.ts'
import { keyWord, spokenKeys } from './key-parts.ts'

/** What a button says of itself: its name, and in the tooltip the first of its keys. */
export interface Named {
  readonly label: string
  readonly keys: readonly string[]
}

/** A button that shows only a picture. */
export function iconButton(name: IconName, named: Named): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.append(icon(name))
  nameButton(button, named)
  return button
}

export function nameButton(button: HTMLButtonElement, { label, keys }: Named): void {
  const [first] = keys
  button.ariaLabel = label
  button.title = first === undefined ? label : `${label} (${keyWord(first, isMac)})`
  if (first !== undefined) button.setAttribute('aria-keyshortcuts', spokenKeys(keys, isMac))
}
