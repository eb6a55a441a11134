import { describe, expect, test } from 'vitest'
import { isShapeId } from '../../../client/whiteboard/model/new-id.ts'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { writePresence } from '../../../client/whiteboard/people/presence.ts'
import { readPresence } from '../../../client/whiteboard/people/read-presence.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'

describe('what somebody else says', () => {
  test('[B62] what a page writes is what others read', () => {
    const said = {
      person: { name: 'Ada', colour: 3 },
      cursor: [1.5, -2.5] as const,
      selection: ['abc', 'd-_1'] as ShapeId[],
      stretch: {
        from: { x: 0, y: 1, width: 2, height: 3 },
        to: { x: 4, y: 5, width: 6, height: 7 },
      },
      view: { centre: [10, 20] as const, width: 300, height: 200 },
      follows: 12,
      zoom: 1,
    }
    const heard = readPresence(JSON.parse(JSON.stringify(writePresence(said))), 9)
    const { person, zoom: _, ...rest } = said
    expect(heard).toEqual({
      ...person,
      ...rest,
      selection: new Set(said.selection),
      isBot: false,
    })
  })

  test.each([
    [null],
    [undefined],
    [7],
    ['at'],
    [[]],
    [{}],
    [{ at: [1] }],
    [{ at: [1, 2, 3] }],
    [{ at: ['1', '2'] }],
    [{ at: { 0: 1, 1: 2, length: 2 } }],
    [{ at: [1, null] }],
    [{ at: [1e300, 0] }],
    [{ at: [Number.NaN, 0], view: [0, 0, Number.POSITIVE_INFINITY, 1] }],
    // biome-ignore lint/suspicious/noSparseArray: what a hole does is the question.
    [{ at: [, 1] }],
    [{ sel: 'abc' }],
    [{ sel: { length: 1e9 } }],
    [{ sel: [1, null, '', 'x'.repeat(33), 'ä', 'a b', ['a'], '__proto__ '] }],
    [{ st: [0, 0, 1, 1] }],
    [{ st: [0, 0, -1, 1, 0, 0, 1, 1] }],
    [{ st: [0, 0, 1, 1, 0, 0, 1, -1] }],
    [{ st: [0, 0, 1e-200, 1, 0, 0, 1, 1] }],
    [{ view: [0, 0, 0, 0] }],
    [{ view: [0, 0, -5, 10] }],
    [{ fol: '3', bot: 1 }],
    [{ fol: 1.5 }],
    [JSON.parse('{"__proto__":{"at":[1,2],"bot":true}}')],
  ])('[B62] nothing of use is nobody special: %j', (state) => {
    expect(readPresence(state, 13)).toEqual({
      name: 'Somebody',
      colour: 5,
      cursor: null,
      selection: new Set(),
      stretch: null,
      view: null,
      follows: null,
      isBot: false,
    })
  })

  test('[B62] of a selection without end only the beginning is looked at', () => {
    const sel = Array.from({ length: 200_000 }, (_, n) => `s${n}`)
    expect([...readPresence({ sel }, 1).selection]).toEqual(sel.slice(0, 64))
  })

  test('[B62] whatever is said, what is read is sound', () => {
    const seed = seedOfRun()
    const random = new Seeded(seed)
    const odd = [0, -0, 1, -1, 1e9, -1e308, 1e-308, '', 'a', '__proto__', null, true, [], {}]
    const anything = (depth: number): unknown => {
      if (depth === 0 || random.chance(0.3)) return random.pick(odd)
      if (random.chance(0.6))
        return Array.from({ length: random.int(0, 9) }, () => anything(depth - 1))
      return Object.fromEntries(
        Array.from({ length: 3 }, () => [
          random.pick(['name', 'colour', 'at', 'length', '0', 'toString', 'constructor']),
          anything(depth - 1),
        ]),
      )
    }
    for (let run = 0; run < 5_000; run += 1) {
      const fields = ['user', 'at', 'sel', 'st', 'view', 'fol', 'bot']
      const state = Object.fromEntries(fields.map((field) => [field, anything(3)]))
      const read = readPresence(state, random.int(0, 2 ** 32))
      const { cursor, stretch, view, selection } = read
      const numbers = [
        ...(cursor ?? []),
        ...(view === null ? [] : [...view.centre, view.width, view.height]),
        ...(stretch === null
          ? []
          : [stretch.from, stretch.to].flatMap((box) => Object.values(box))),
      ]
      const isSound =
        numbers.every((one) => Math.abs(one) <= 1e7) &&
        [...selection].every((id) => isShapeId(id)) &&
        typeof read.name === 'string' &&
        read.colour >= 0 &&
        read.colour < 8
      expect(isSound, `seed ${seed}: ${JSON.stringify(state)}`).toBe(true)
    }
  })
})
