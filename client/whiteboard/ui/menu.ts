import { effect } from '@preact/signals-core'
import type { Action } from '../editor/actions.ts'
import { isMac } from '../input/is-mac.ts'
import { actionOf, setAble } from './action-button.ts'
import { type IconName, icon } from './icons.ts'
import { keyParts, spokenKeys } from './key-parts.ts'
import { roving } from './roving.ts'
import { THEME_CHOICES, type ThemeSwitch } from './theme-switch.ts'

const ENTRIES: readonly (readonly [icon: IconName, action: string, ending?: string])[] = [
  ['board', 'new-board'],
  ['save', 'export-png'],
  ['save', 'export-svg'],
  ['fit', 'zoom-fit'],
  ['gauge', 'figures', '…'],
  ['keys', 'keys', '…'],
]
const THEME_WORDS = { auto: 'Auto', light: 'Light', dark: 'Dark' }

export interface MenuPlaces {
  readonly button: HTMLButtonElement
  /** With `popover`, which the button opens. */
  readonly menu: HTMLElement
}

/** What the page can do beyond drawing. */
export function showMenu(
  { button, menu }: MenuPlaces,
  actions: readonly Action[],
  { choice }: Pick<ThemeSwitch, 'choice'>,
): () => void {
  const entries = ENTRIES.map(([name, id, ending = '']) => {
    const action = actionOf(actions, id)
    return { action, entry: menuEntry(menu, name, action, ending) }
  })
  const themes = THEME_CHOICES.map((name) => {
    const entry = document.createElement('button')
    entry.type = 'button'
    entry.role = 'menuitemradio'
    entry.textContent = THEME_WORDS[name]
    entry.addEventListener('click', () => {
      choice.value = name
    })
    return { name, entry }
  })
  const group = document.createElement('div')
  group.role = 'group'
  group.ariaLabel = 'Theme'
  group.append(...themes.map(({ entry }) => entry))
  menu.append(...entries.map(({ entry }) => entry), group)
  roving(menu)
  // The browser moves the focus while it opens: a key that comes right behind is meant for the menu.
  const [first] = entries
  if (first !== undefined) first.entry.autofocus = true

  const stop = effect(() => {
    for (const { name, entry } of themes) entry.ariaChecked = String(name === choice.value)
  })
  const begin = (event: Event) => {
    if (!(event instanceof ToggleEvent)) return
    const isOpen = event.newState === 'open'
    button.ariaExpanded = String(isOpen)
    if (!isOpen) return
    for (const { action, entry } of entries) setAble(entry, action.enabled?.() ?? true)
  }
  const open = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown') return
    event.preventDefault()
    event.stopPropagation()
    menu.showPopover()
  }
  const leave = (event: KeyboardEvent) => {
    if (event.key === 'Tab') menu.hidePopover()
  }
  menu.addEventListener('beforetoggle', begin)
  menu.addEventListener('keydown', leave)
  button.addEventListener('keydown', open)
  return () => {
    stop()
    menu.removeEventListener('beforetoggle', begin)
    menu.removeEventListener('keydown', leave)
    button.removeEventListener('keydown', open)
    menu.replaceChildren()
  }
}

function menuEntry(
  menu: HTMLElement,
  name: IconName,
  { label, keys, run }: Action,
  ending: string,
): HTMLButtonElement {
  const entry = document.createElement('button')
  entry.type = 'button'
  entry.role = 'menuitem'
  entry.append(icon(name), `${label}${ending}`)
  const [first] = keys
  if (first !== undefined) {
    const key = document.createElement('kbd')
    key.ariaHidden = 'true'
    key.textContent = keyParts(first, isMac).join(isMac ? '' : '+')
    entry.append(key)
    entry.setAttribute('aria-keyshortcuts', spokenKeys(keys, isMac))
  }
  entry.addEventListener('click', () => {
    if (entry.ariaDisabled === 'true') return
    // First, so that a dialog that opens now gives the focus back to the button of the menu.
    menu.hidePopover()
    run()
  })
  return entry
}
