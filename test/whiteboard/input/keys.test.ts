import { describe, expect, test } from 'vitest'
import { isKey, type KeyStroke, parseKey } from '../../../client/whiteboard/input/keys.ts'

/** A stroke as a browser tells it: `stroke('z', 'KeyZ', 'ctrl shift')`. */
function stroke(key: string, code: string, held = ''): KeyStroke {
  const has = (name: string) => held.split(' ').includes(name)
  return {
    key,
    code,
    ctrlKey: has('ctrl') || has('altgr'),
    metaKey: has('meta'),
    shiftKey: has('shift'),
    altKey: has('alt') || has('altgr'),
    altGraph: has('altgr'),
  }
}

const matches = (pressed: KeyStroke, name: string, mac = false) =>
  isKey(pressed, parseKey(name), mac)

describe('[B51] a key is found by its name', () => {
  test.each([
    ['Z', { key: 'Z', ctrl: false, shift: false, alt: false }],
    ['Ctrl+Shift+Z', { key: 'Z', ctrl: true, shift: true, alt: false }],
    ['Ctrl++', { key: '+', ctrl: true, shift: false, alt: false }],
    ['+', { key: '+', ctrl: false, shift: false, alt: false }],
    ['Alt+Shift+Escape', { key: 'Escape', ctrl: false, shift: true, alt: true }],
  ])('%s is taken apart', (name, parts) => {
    expect(parseKey(name)).toEqual(parts)
  })

  test.each([
    ['a letter', stroke('v', 'KeyV'), 'V'],
    ['a letter under caps lock', stroke('V', 'KeyV'), 'V'],
    ['with Ctrl', stroke('z', 'KeyZ', 'ctrl'), 'Ctrl+Z'],
    ['with Ctrl and Shift', stroke('Z', 'KeyZ', 'ctrl shift'), 'Ctrl+Shift+Z'],
    ['with caps lock, Ctrl and Shift', stroke('z', 'KeyZ', 'ctrl shift'), 'Ctrl+Shift+Z'],
    ['where the letter is on AZERTY', stroke('z', 'KeyW', 'ctrl'), 'Ctrl+Z'],
    ['by its place on a Russian layout', stroke('я', 'KeyZ', 'ctrl'), 'Ctrl+Z'],
    ['by its place in Hebrew', stroke('ר', 'KeyR'), 'R'],
    ['a bracket by its place in Russian', stroke('ъ', 'BracketRight'), ']'],
    ['a sign with Shift', stroke('?', 'Slash', 'shift'), '?'],
    ['a sign with Shift on a German layout', stroke('?', 'Minus', 'shift'), '?'],
    ['a bracket by AltGr', stroke(']', 'Digit9', 'altgr'), ']'],
    ['a plus with and without Shift', stroke('+', 'Equal', 'ctrl shift'), 'Ctrl++'],
    ['a plus of the number pad', stroke('+', 'NumpadAdd', 'ctrl'), 'Ctrl++'],
    ['a digit with Shift', stroke('!', 'Digit1', 'shift'), 'Shift+1'],
    ['a digit on AZERTY', stroke('à', 'Digit0', 'ctrl'), 'Ctrl+0'],
    ['the space bar', stroke(' ', 'Space'), 'Space'],
    ['a named key', stroke('Escape', 'Escape'), 'Escape'],
  ])('%s', (_, pressed, name) => {
    expect(matches(pressed, name)).toBe(true)
  })

  test.each([
    ['another letter', stroke('b', 'KeyB'), 'V'],
    ['a letter with Shift', stroke('V', 'KeyV', 'shift'), 'V'],
    ['a letter with Ctrl: that is paste', stroke('v', 'KeyV', 'ctrl'), 'V'],
    ['a letter with Alt: that is a menu', stroke('v', 'KeyV', 'alt'), 'V'],
    ['redo for undo', stroke('Z', 'KeyZ', 'ctrl shift'), 'Ctrl+Z'],
    ['the place, where the layout has Latin letters', stroke('w', 'KeyZ', 'ctrl'), 'Ctrl+Z'],
    ['a letter with an accent for its place', stroke('é', 'KeyW'), 'W'],
    ['the Windows key', stroke('v', 'KeyV', 'meta'), 'V'],
    ['Cmd where Ctrl is meant', stroke('z', 'KeyZ', 'meta'), 'Ctrl+Z'],
    ['a sign with Ctrl', stroke(']', 'BracketRight', 'ctrl'), ']'],
    ['AltGr+Q, which types an @', stroke('@', 'KeyQ', 'altgr'), 'Ctrl+Q'],
    ['a digit without Shift', stroke('1', 'Digit1'), 'Shift+1'],
    ['what an input method is working on', stroke('Process', 'KeyV'), 'V'],
    ['an accent that waits for its letter', stroke('Dead', 'BracketRight'), ']'],
  ])('not: %s', (_, pressed, name) => {
    expect(matches(pressed, name)).toBe(false)
  })

  test('on a Mac Ctrl is Cmd, and Alt types signs', () => {
    expect(matches(stroke('z', 'KeyZ', 'meta'), 'Ctrl+Z', true)).toBe(true)
    expect(matches(stroke('z', 'KeyZ', 'ctrl'), 'Ctrl+Z', true)).toBe(false)
    expect(matches(stroke(']', 'Digit6', 'alt'), ']', true)).toBe(true)
    expect(matches(stroke('ß', 'KeyS', 'alt'), 'Alt+S', true)).toBe(true)
    expect(matches(stroke('v', 'KeyV', 'ctrl'), 'V', true)).toBe(false)
  })
})
