import { describe, expect, test } from 'vitest'
import {
  COLOURS,
  cleanName,
  NAME_LENGTH,
  personOf,
  randomPerson,
} from '../../client/person/person.ts'

describe('what somebody says of himself', () => {
  test.each([
    [' Ada  Lovelace ', 'Ada Lovelace'],
    ['two\nlines\u2028three', 'two lines three'],
    ['\u202eright to left', 'right to left'],
    ['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦'],
    ['می‌خواهم', 'می‌خواهم'],
    ['half \ud83d pair', 'half \ufffd pair'],
    ['', null],
    [' \t ', null],
    ['\u200b\u200d', null],
    ['x'.repeat(NAME_LENGTH + 1), 'x'.repeat(NAME_LENGTH)],
    ['😀'.repeat(NAME_LENGTH + 1), '😀'.repeat(NAME_LENGTH)],
    ['x'.repeat(10_000_000), 'x'.repeat(NAME_LENGTH)],
  ])('[P9] a name is one line of bounded length: %j', (name, clean) => {
    expect(cleanName(name)).toBe(clean)
  })

  test.each([
    [null],
    [{}],
    ['text'],
    [7],
    [[]],
    [{ user: null }],
    [{ user: 'ada' }],
    [{ user: { name: null, colour: '3' } }],
    [{ user: { name: { toString: 'no' }, colour: -1 } }],
    [{ user: { name: '\u202e', colour: 1.5 } }],
    [JSON.parse('{"__proto__":{"user":{"name":"x"}}}')],
  ])('[P9] nothing of use is somebody, in the colour of the client: %j', (state) => {
    expect(personOf(state, 13)).toEqual({ name: 'Somebody', colour: 13 % COLOURS })
  })

  test('[P9] a colour is one of ours', () => {
    expect(personOf({ user: { name: 'Ada', colour: 3 } }, 1)).toEqual({ name: 'Ada', colour: 3 })
    expect(personOf({ user: { name: 'Ada', colour: 2 ** 52 } }, 1).colour).toBeLessThan(COLOURS)
  })

  test('[P9] a stranger to this browser gets a name that passes', () => {
    const { name, colour } = randomPerson()
    expect(cleanName(name)).toBe(name)
    expect(colour).toBeLessThan(COLOURS)
  })
})
