import { parseKey } from '../input/keys.ts'

const NAMES: Readonly<Record<string, string>> = { Escape: 'Esc', Backspace: '⌫', Delete: 'Del' }
const ON_MAC: Readonly<Record<string, string>> = { Escape: 'esc', Backspace: '⌫', Delete: '⌦' }

/**
 * What stands on the keys to hold and to press, in the order of the system's own menus.
 *
 * @param key As in the table of actions.
 * @example keyParts('Ctrl+Shift+Z', false) // ['Ctrl', 'Shift', 'Z']
 * @example keyParts('Ctrl+Shift+Z', true) // ['⇧', '⌘', 'Z']
 */
export function keyParts(key: string, mac: boolean): readonly string[] {
  const { key: last, ctrl, shift, alt } = parseKey(key)
  const space = key.startsWith('Space+')
  const held = mac
    ? [alt && '⌥', shift && '⇧', ctrl && '⌘', space && 'Space']
    : [ctrl && 'Ctrl', alt && 'Alt', shift && 'Shift', space && 'Space']
  const name = (mac ? ON_MAC : NAMES)[last] ?? last
  return [...held.filter((part) => part !== false), name]
}

/** A key in one word: `Ctrl+Z`, on a Mac `⌘Z`. */
export function keyWord(key: string, mac: boolean): string {
  return keyParts(key, mac).join(mac ? '' : '+')
}

/** The keys as `aria-keyshortcuts` wants them: `Control+Shift+Z`, several with spaces between. */
export function spokenKeys(keys: readonly string[], mac: boolean): string {
  return keys
    .map((name) => {
      const { key, ctrl, shift, alt } = parseKey(name)
      const held = [ctrl && (mac ? 'Meta' : 'Control'), alt && 'Alt', shift && 'Shift']
      return [...held.filter((part) => part !== false), key === '+' ? 'Plus' : key].join('+')
    })
    .join(' ')
}
