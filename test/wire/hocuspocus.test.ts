import { expect, test } from 'vitest'
import { greetingDenied, readGreeting } from '../../src/wire/hocuspocus.ts'
import { hex, toHex } from '../support/hex.ts'

// As providers of these versions have sent them, for the document "notes".
const GREETINGS = {
  'version 2 without a token': '05 6e6f746573 00 00 01 00',
  'version 2': '05 6e6f746573 02 00 03 746f6b',
  'version 3': '05 6e6f746573 02 00 03 746f6b',
  'version 4': '05 6e6f746573 02 00 03 746f6b 05 342e372e30',
}

test.each(Object.entries(GREETINGS))('[C26] a greeting of %s is recognised', (_, bytes) => {
  expect(readGreeting(hex(bytes))).toBe('notes')
})

// biome-ignore format: a table is read in rows
test.each([
  ['an empty message', ''],
  ['a step1', '00 00 01 00'],
  ['a step1 of a document', '00 00 05 01 01 02 01 00'],
  ['a step2', '00 01 02 00 00'],
  ['awareness of one', '01 0a 01 e1d4fbd70f 00 02 7b7d'],
  ['awareness of two', '01 08 02 00 01 01 30 01 01 01 30'],
  ['a question who is here', '03'],
  ['a marker', '66 01 05'],
  ['a greeting of Hocuspocus that is cut short', '05 6e6f746573 02 00 03 746f'],
  ['one with bytes left over', '05 6e6f746573 00 00 01 00 00'],
  ['another message of it', '05 6e6f746573 01 0a 01 e1d4fbd70f 00 02 7b7d'],
])('[C26] %s is none', (_, bytes) => {
  expect(readGreeting(hex(bytes))).toBe(null)
})

test('[C26] what it is told names the document, as its own server would', () => {
  const { head } = greetingDenied('notes', 'no')
  expect(toHex(head.subarray(2))).toBe('05 6e 6f 74 65 73 02 01 02 6e 6f')
})
