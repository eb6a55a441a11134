/** What of a `KeyboardEvent` says which key it is. */
export interface KeyStroke {
  readonly key: string
  readonly code: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly shiftKey: boolean
  readonly altKey: boolean
  /** AltGr is held, which Windows reports as Ctrl and Alt. */
  readonly altGraph: boolean
}

/** `Ctrl+Shift+Z`, taken apart. */
export interface KeyName {
  /** `Z`, `7`, `]`, `Escape`; the space bar is `Space`. */
  readonly key: string
  /** Ctrl, or Cmd on a Mac. */
  readonly ctrl: boolean
  readonly shift: boolean
  readonly alt: boolean
}

// Where these stand on the keyboards that have no Latin letters.
const PLACES: Readonly<Record<string, string>> = {
  '[': 'BracketLeft',
  ']': 'BracketRight',
  ',': 'Comma',
  '.': 'Period',
  ';': 'Semicolon',
  "'": 'Quote',
  '`': 'Backquote',
  '/': 'Slash',
  '\\': 'Backslash',
  '-': 'Minus',
  '=': 'Equal',
}

/** @example parseKey('Ctrl++') // { key: '+', ctrl: true, shift: false, alt: false } */
export function parseKey(name: string): KeyName {
  const end = name.slice(0, -1).lastIndexOf('+')
  const held = end < 0 ? [] : name.slice(0, end).split('+')
  return {
    key: name.slice(end + 1),
    ctrl: held.includes('Ctrl'),
    shift: held.includes('Shift'),
    alt: held.includes('Alt'),
  }
}

/**
 * Whether a stroke is the key of that name.
 *
 * The letter on the key counts, not its place: on AZERTY, Ctrl+Z is where QWERTY has W. Only a
 * layout without Latin letters goes by the place. Of a sign it does not matter what is held to type
 * it: `]` is AltGr+9 in Germany and Alt+6 on a Mac there, `?` needs Shift nearly everywhere.
 */
export function isKey(stroke: KeyStroke, name: KeyName, mac: boolean): boolean {
  const typesSign = stroke.altGraph || (mac && stroke.altKey && !stroke.metaKey)
  const commands = mac ? stroke.metaKey : stroke.ctrlKey
  const other = mac ? stroke.ctrlKey : stroke.metaKey
  if (other) return false

  if (isSign(name.key)) {
    if (name.shift && !stroke.shiftKey) return false
    if (stroke.key === name.key && typesSign && !name.alt && !name.ctrl) return true
    if (commands !== name.ctrl || stroke.altKey !== name.alt) return false
    return (
      stroke.key === name.key || ((name.shift || isForeign(stroke.key)) && inPlace(stroke, name))
    )
  }
  if (commands !== name.ctrl || stroke.altKey !== name.alt || stroke.shiftKey !== name.shift) {
    return false
  }
  if (name.key === 'Space') return stroke.key === ' '
  if (stroke.key.toUpperCase() === name.key.toUpperCase()) return true
  // Shift+1 types `!`, and Alt+S on a Mac types `ß`: there the key itself is meant.
  const byPlace = isDigit(name.key) || (name.alt && name.key.length === 1) || isForeign(stroke.key)
  return byPlace && inPlace(stroke, name)
}

function inPlace({ code }: KeyStroke, { key }: KeyName): boolean {
  return code === (isDigit(key) ? `Digit${key}` : (PLACES[key] ?? `Key${key.toUpperCase()}`))
}

const isDigit = (key: string) => /^\d$/.test(key)
const isSign = (key: string) => key.length === 1 && !/[\p{L}\d]/u.test(key)
/** A letter of another script than Latin. */
const isForeign = (key: string) => /^\p{L}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key)
