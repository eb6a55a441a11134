import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { packInk } from '../../../client/whiteboard/model/ink.ts'
import { openBoard } from '../../../client/whiteboard/model/open-board.ts'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { box, deliver, PLAIN, pair, Seat } from './stage.ts'

const SOUND = { kind: 'rectangle', at: [1, 2], size: [3, 4], look: [2, 3, 1], order: 'a1' }
const entry = (fields: object): Y.Map<unknown> => new Y.Map(Object.entries(fields))

describe('[B12] a document that anybody wrote', () => {
  test.each<[string, unknown]>([
    ['nothing', null],
    ['a number', 7],
    ['a plain object', SOUND],
    ['a text', new Y.Text('rectangle')],
    ['a list', Y.Array.from([1])],
    ['no fields', entry({})],
    ['an unknown kind', entry({ ...SOUND, kind: 'triangle' })],
    ['a kind from the prototype', entry({ ...SOUND, kind: 'constructor' })],
    ['a place of one number', entry({ ...SOUND, at: [1] })],
    ['a place of three', entry({ ...SOUND, at: [1, 2, 3] })],
    ['a place of texts', entry({ ...SOUND, at: ['1', '2'] })],
    ['a place of big integers', entry({ ...SOUND, at: [1n, 2n] })],
    ['a place that is no number', entry({ ...SOUND, at: [Number.NaN, 0] })],
    ['a place without end', entry({ ...SOUND, at: [0, Number.NEGATIVE_INFINITY] })],
    ['a place that is an object', entry({ ...SOUND, at: { 0: 1, 1: 2, length: 2 } })],
    ['a place in a list of Yjs', entry({ ...SOUND, at: Y.Array.from([1, 2]) })],
    ['no size', entry({ ...SOUND, size: undefined })],
    ['a stroke without ink', entry({ ...SOUND, kind: 'pen' })],
    ['a stroke with a text for ink', entry({ ...SOUND, kind: 'pen', ink: 'AAAA' })],
    ['a stroke with bad ink', entry({ ...SOUND, kind: 'pen', ink: Uint8Array.of(1, 2, 3) })],
    ['a note without words', entry({ ...SOUND, kind: 'note' })],
    ['a note with a plain text', entry({ ...SOUND, kind: 'note', text: 'hello' })],
    ['what is gone', entry({ ...SOUND, gone: true })],
  ])('%s is no shape, and left alone', (_, value) => {
    const seat = new Seat(1)
    seat.doc.getMap('shapes').set('x', value)
    expect(seat.board.count).toBe(0)
    expect(openBoard(seat.doc).count).toBe(0)
    const before = JSON.stringify(seat.doc.getMap('shapes').toJSON(), (_key, item: unknown) =>
      typeof item === 'bigint' ? String(item) : item,
    )
    const x = 'x' as ShapeId
    seat.board.remove([x])
    seat.board.change(new Map([[x, { at: [5, 5] }]]))
    seat.board.reorder([x], 'front')
    expect(seat.board.duplicate([x], [1, 1])).toEqual([])
    expect(seat.board.text(x)).toBeNull()
    const after = JSON.stringify(seat.doc.getMap('shapes').toJSON(), (_key, item: unknown) =>
      typeof item === 'bigint' ? String(item) : item,
    )
    expect(after).toBe(before)
  })

  test.each<[string, object, object]>([
    ['coordinates beyond the board', { at: [1e300, -1e8] }, { at: [1e7, -1e7] }],
    ['a size below none', { size: [-5, -0] }, { size: [0, 0] }],
    ['a line beyond the board', { kind: 'line', size: [-1e9, 3] }, { size: [-1e7, 3] }],
    ['no look', { look: undefined }, { look: PLAIN }],
    ['a look of nonsense', { look: [99, -1, 0.5] }, { look: PLAIN }],
    ['half a look', { look: [3] }, { look: { colour: 3, size: 1, fill: 0 } }],
    ['no order', { order: undefined }, { order: 'a0' }],
    ['an order of nonsense', { order: 'é' }, { order: 'a0' }],
    ['an endless order', { order: `a${'1'.repeat(1e6)}` }, { order: 'a0' }],
    ['gone, but not quite', { gone: 'yes' }, { at: [1, 2] }],
    ['fields that we do not know', { colour: 'red', more: new Y.Map() }, { at: [1, 2] }],
  ])('%s: seen, and put right', (_, fields, wanted) => {
    const seat = new Seat(1)
    seat.doc.getMap('shapes').set('x', entry({ ...SOUND, ...fields }))
    expect(seat.board.get('x' as ShapeId)).toMatchObject(wanted)
  })

  test.each(['', ' ', 'a b', 'ä', '__proto__!', 'x'.repeat(33), '../x'])(
    'a key that is no id is not seen: %s',
    (key) => {
      const seat = new Seat(1)
      seat.doc.getMap('shapes').set(key, entry(SOUND))
      expect(seat.board.count).toBe(0)
    },
  )

  test('a shape may be called as everything else is', () => {
    const seat = new Seat(1)
    for (const name of ['__proto__', 'constructor', 'toString', '0']) {
      seat.doc.getMap('shapes').set(name, entry(SOUND))
      expect(seat.board.get(name as ShapeId)?.id).toBe(name)
    }
    expect(seat.board.get('hasOwnProperty' as ShapeId)).toBeNull()
    expect(seat.board.count).toBe(4)
  })

  test('words are read up to 10,000 units, and never half of a pair', () => {
    const seat = new Seat(1)
    const words = new Y.Text(`${'x'.repeat(9_999)}😀${'y'.repeat(500_000)}`)
    seat.doc.getMap('shapes').set('x', entry({ ...SOUND, kind: 'note', text: words }))
    words.insertEmbed(0, { picture: true })
    words.format(1, 50, { bold: true })
    const { text } = seat.board.get('x' as ShapeId) as { text: string }
    expect(text).toBe('x'.repeat(9_999))
    words.delete(1, 5)
    const after = seat.board.get('x' as ShapeId) as { text: string }
    expect(after.text).toBe(`${'x'.repeat(9_994)}😀yyyy`)
  })

  test('a kind that changes under a shape takes it away, and back', () => {
    const seat = new Seat(1)
    const map = entry(SOUND)
    seat.doc.getMap('shapes').set('x', map)
    map.set('kind', 'pen')
    expect(seat.board.count).toBe(0)
    map.set('ink', packInk([[0, 0, 1]], 1))
    expect(seat.board.get('x' as ShapeId)?.kind).toBe('pen')
  })

  test('deep and wide things beside the shapes cost one look each', () => {
    const seat = new Seat(1)
    const list = new Y.Array<Y.Map<unknown>>()
    const map = entry({ ...SOUND, list })
    seat.doc.getMap('shapes').set('x', map)
    list.push(Array.from({ length: 3_000 }, () => new Y.Map()))
    const deep = new Y.Map<unknown>()
    map.set('deep', deep)
    let inner = deep
    for (let depth = 0; depth < 300; depth += 1) {
      const next = new Y.Map<unknown>()
      inner.set('a', next)
      inner = next
    }
    const told: number[] = []
    seat.board.observe((changes) => told.push(changes.length))
    seat.doc.transact(() => {
      for (const one of list) one.set('a', 1)
      inner.set('b', 2)
    })
    expect(told).toEqual([1])
  })

  test('random writes never throw, and commands still work among them', () => {
    const seed = seedOfRun()
    const dice = new Seeded(seed)
    const [anna, ben] = pair()
    const values = (): unknown =>
      dice.pick<() => unknown>([
        () => dice.int(-5, 5),
        () => Number.NaN,
        () => dice.pick(['pen', 'note', 'line', 'text', 'a0', 'zz', '']),
        () => [dice.next() * 1e9, Number.MAX_VALUE],
        () => [1, 2],
        () => dice.bytes(dice.int(0, 9)),
        () => packInk([[dice.int(0, 9), 0, 0.5]], 1),
        () => new Y.Text('hey'),
        () => Y.Array.from([packInk([[0, 0, 0.5]], 1)]),
        () => true,
        () => null,
      ])()
    const names = ['kind', 'at', 'size', 'look', 'order', 'ink', 'text', 'gone', 'chunks', 'by']
    for (let round = 0; round < 1_500; round += 1) {
      const root = anna.doc.getMap<unknown>(dice.pick(['shapes', 'shapes', 'live']))
      const keys = [...root.keys()]
      if (keys.length < 12) root.set(`k${dice.int(0, 20)}`, entry(dice.chance(0.7) ? SOUND : {}))
      const target = keys.length === 0 ? undefined : root.get(dice.pick(keys))
      if (target instanceof Y.Map) {
        if (dice.chance(0.7)) target.set(dice.pick(names), values())
        else target.delete(dice.pick(names))
      } else if (keys.length > 0) root.delete(dice.pick(keys))
      deliver(anna, ben)
      if (round % 10 !== 0) continue
      const ids = [...ben.board.shapes()].map(({ id }) => id).filter(() => dice.chance(0.3))
      ben.board.reorder(ids, dice.pick(['front', 'forward', 'backward', 'back'] as const))
      ben.board.stretch(ids, {
        from: { x: 0, y: 0, width: 9, height: 9 },
        to: { x: 5, y: 5, width: 1e6, height: 0 },
      })
      ben.board.duplicate(ids.slice(0, 1), [1, 1])
      ben.board.remove(ids.slice(1))
      ben.board.live.adopt(new Set([-5, 5]))
      if (dice.chance(0.3)) ben.board.history.undo()
      deliver(anna, ben)
      expect(ben.picture(), `seed ${seed}, round ${round}`).toEqual(anna.picture())
      const again = new Map([...openBoard(ben.doc).shapes()].map((shape) => [shape.id, shape]))
      expect(new Map([...ben.board.shapes()].map((s) => [s.id, s]))).toEqual(again)
    }
    expect(ben.board.add([box(0, 0)])).toEqual(ben.pile().slice(-1))
  })
})
