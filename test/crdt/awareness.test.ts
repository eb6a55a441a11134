import { describe, expect, test } from 'vitest'
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { type AwarenessEntry, encodeAwareness, readAwareness } from '../../src/crdt/awareness.ts'
import { hex } from '../support/hex.ts'
import { text, uint } from './literals.ts'

const LIMITS = { bytes: 100, depth: 4 }
const NO_FAULTS = { bytes: 0, depth: 0, json: 0, clock: 0 }
const read = (digits: string) => readAwareness(hex(digits), LIMITS)

/** Entries with their states as texts. */
const readable = (entries: readonly AwarenessEntry[]) =>
  entries.map(({ client, clock, state }) => [
    client,
    clock,
    state === null ? null : new TextDecoder().decode(state),
  ])

function refuses(digits: string, reason: string): void {
  expect(() => read(digits)).toThrow(
    expect.objectContaining({
      code: 'malformed',
      message: expect.stringContaining(reason) as string,
    }) as Error,
  )
}

describe('awareness frames', () => {
  test('[C25] come apart and go together again', () => {
    const body = hex(
      `03 07 01 ${text('{"a":1}')} ${uint(2 ** 53 - 1)} 05 ${text('null')} 08 00 ${text('"x"')}`,
    )
    const { entries, dropped, faults } = readAwareness(body, LIMITS)
    expect(readable(entries)).toEqual([
      [7, 1, '{"a":1}'],
      [2 ** 53 - 1, 5, null],
      [8, 0, '"x"'],
    ])
    expect([dropped, faults]).toEqual([0, NO_FAULTS])
    expect(encodeAwareness(entries)).toEqual(body)
  })

  test('[C25] a state is a view of the bytes it came in, white space and all', () => {
    const { entries } = read(`02 07 01 ${text(' {"a" : 1}\n')} 08 01 ${text(' null ')}`)
    expect(readable(entries)).toEqual([
      [7, 1, ' {"a" : 1}\n'],
      [8, 1, null],
    ])
    expect(encodeAwareness(entries.slice(1))).toEqual(hex(`01 08 01 ${text('null')}`))
  })

  test('are those of y-protocols', () => {
    const doc = new Y.Doc()
    const awareness = new Awareness(doc)
    try {
      awareness.setLocalState({ name: 'Zoë', at: [1, null] })
      const body = encodeAwarenessUpdate(awareness, [doc.clientID])
      const { entries } = readAwareness(body, LIMITS)
      expect(entries).toHaveLength(1)
      expect(encodeAwareness(entries)).toEqual(body)
      expect(encodeAwareness([])).toEqual(hex('00'))
      expect(readAwareness(hex('00'), LIMITS).entries).toEqual([])
    } finally {
      awareness.destroy()
      doc.destroy()
    }
  })

  test('[C22] a frame that does not hold together is refused', () => {
    refuses('', 'the bytes end')
    refuses('01', 'a count is beyond the bytes left')
    refuses('01 07 01', 'a count is beyond the bytes left')
    refuses(`01 07 01 04 6e756c`, 'a length is beyond the bytes left')
    refuses(`02 07 01 ${text('null')}`, 'the bytes end')
    refuses(`01 07 01 ${text('null')} 00`, 'bytes are left over')
    refuses(`8100 07 01 ${text('null')}`, 'a number is longer than it need be')
    refuses(`01 8700 01 ${text('null')}`, 'a number is longer than it need be')
    refuses(`01 07 8100 ${text('null')}`, 'a number is longer than it need be')
    refuses(`01 ${uint(2 ** 53)} 01 ${text('null')}`, 'a number is beyond 2^53')
    refuses(`ffffff0f 07 01 ${text('null')}`, 'a count is beyond the bytes left')
  })

  test('[C22] 200,000 null states in a frame are refused', () => {
    const entry = `${text('null')}`
    const body = Array.from({ length: 200_000 }, (_, i) => `${uint(i)} 01 ${entry}`).join('')
    refuses(`${uint(200_000)} ${body}`, 'more clients than can be here')
  })

  test('[C23] why: one invalid state costs every receiver the frame', () => {
    const body = hex(`02 07 01 ${text('{}')} 08 01 ${text('{')}`)
    const awareness = new Awareness(new Y.Doc())
    try {
      expect(() => applyAwarenessUpdate(awareness, body, null)).toThrow(SyntaxError)
      const { entries } = readAwareness(body, LIMITS)
      applyAwarenessUpdate(awareness, encodeAwareness(entries), null)
      expect(awareness.getStates().get(7)).toEqual({})
    } finally {
      awareness.destroy()
    }
  })

  test('[C23] why: a state of 10 KB of brackets cannot be encoded again', () => {
    const deep = '['.repeat(5_000) + ']'.repeat(5_000)
    const body = hex(`01 07 01 ${text(deep)}`)
    const awareness = new Awareness(new Y.Doc())
    try {
      applyAwarenessUpdate(awareness, body, null)
      expect(() => encodeAwarenessUpdate(awareness, [7])).toThrow(RangeError)
    } finally {
      awareness.destroy()
    }
    expect(readAwareness(body, { bytes: 16_384, depth: 64 }).faults.depth).toBe(1)
  })

  test('[C23] states that may not be passed on are left out and counted', () => {
    const states = [
      '{"a":[[[1]]]}',
      '{"a":[[[[1]]]]}',
      `"${'x'.repeat(98)}"`,
      `"${'x'.repeat(99)}"`,
      '',
      'undefined',
      '{',
      '"\u0001"',
    ]
    const body = states.map((state, i) => `${uint(i)} 01 ${text(state)}`).join('')
    const clocks = `64 ${uint(2 ** 31 - 1)} ${text('1')} 65 ${uint(2 ** 31)} ${text('1')} 66 ${uint(2 ** 53 - 1)} ${text('null')}`
    const { entries, dropped, faults } = read(
      `${uint(states.length + 4)} ${body} 32 01 01 ff ${clocks}`,
    )
    expect(entries.map(({ client }) => client)).toEqual([0, 2, 100])
    expect(faults).toEqual({ bytes: 1, depth: 1, json: 5, clock: 2 })
    expect(dropped).toBe(9)
  })

  test('[C24] of two entries about one client the newer counts', () => {
    const frame = (...entries: [clock: number, state: string][]) =>
      readable(
        read(
          `${uint(entries.length)} ${entries.map(([clock, state]) => `07 ${uint(clock)} ${text(state)}`).join('')}`,
        ).entries,
      )
    expect(frame([1, '1'], [2, '2'])).toEqual([[7, 2, '2']])
    expect(frame([2, '2'], [1, '1'])).toEqual([[7, 2, '2']])
    expect(frame([2, '2'], [2, 'null'])).toEqual([[7, 2, null]])
    expect(frame([2, 'null'], [2, '2'])).toEqual([[7, 2, null]])
    expect(frame([2, '1'], [2, '2'])).toEqual([[7, 2, '1']])
    expect(frame([3, 'null'], [2, '2'], [4, '4'])).toEqual([[7, 4, '4']])
    // An entry that is left out displaces none.
    expect(frame([1, '1'], [2, '{'])).toEqual([[7, 1, '1']])
  })
})
