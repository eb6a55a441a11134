import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { ShapeChange } from '../../../client/whiteboard/model/board.ts'
import { packInk, unpackInk } from '../../../client/whiteboard/model/ink.ts'
import { openBoard } from '../../../client/whiteboard/model/open-board.ts'
import type { NewShape, ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { box, deliver, note, PLAIN, pair, Seat, text } from './stage.ts'

const at = (x: number, y: number, width: number, height: number) => ({ x, y, width, height })
const STROKE: NewShape = {
  kind: 'pen',
  at: [10, 20],
  size: [30, 40],
  look: PLAIN,
  ink: packInk(
    [
      [0, 0, 0.5],
      [30, 40, 0.5],
    ],
    0.5,
  ),
}

/** Adds one shape and says its id. */
function addOne(seat: Seat, shape: NewShape): ShapeId {
  const [id] = seat.board.add([shape])
  if (id === undefined) throw new Error('not added')
  return id
}

describe('[B3] a shape', () => {
  test('is a map under its id, with its place as one value and its words as a text', () => {
    const seat = new Seat(1)
    const id = addOne(seat, note('hello', 3, 4))
    expect(id).toMatch(/^[\w-]{10}$/)
    const root = seat.doc.getMap('shapes')
    const order = seat.board.get(id)?.order
    expect([...seat.doc.share.keys()].sort()).toEqual(['live', 'shapes'])
    expect(root.toJSON()).toEqual({
      [id]: { kind: 'note', at: [3, 4], size: [200, 200], look: [0, 1, 0], order, text: 'hello' },
    })
    expect(seat.board.text(id)?.toString()).toBe('hello')
    expect(seat.board.text(addOne(seat, box(0, 0)))).toBeNull()
  })

  test('of every kind comes to the others as it was made', () => {
    const [anna, ben] = pair()
    const line: NewShape = { kind: 'arrow', at: [5, 6], size: [-7, 8], look: PLAIN }
    const made = [box(1, 2), STROKE, line, text('a\nb 😀'), note('')]
    const ids = anna.board.add(made)
    deliver(anna, ben)
    for (const [nth, shape] of made.entries()) {
      expect(ben.board.get(ids[nth] as ShapeId)).toMatchObject({ ...shape, id: ids[nth] })
    }
    expect(ben.board.count).toBe(5)
    expect([...ben.board.shapes()].map(({ id }) => id).sort()).toEqual([...ids].sort())
  })

  test('that nobody could read is not added', () => {
    const { board, outbox } = new Seat(1)
    const broken: NewShape[] = [
      { ...box(0, 0), at: [Number.NaN, 0] },
      { ...STROKE, ink: Uint8Array.of(9) } as NewShape,
      { ...box(0, 0), size: [1, Number.POSITIVE_INFINITY] },
    ]
    expect(board.add(broken)).toEqual([])
    expect(board.count + outbox.length).toBe(0)
  })

  test('has its text cut at 10,000 units and its halves of pairs replaced', () => {
    const seat = new Seat(1)
    const id = addOne(seat, note(`\ud83d${'x'.repeat(20_000)}`))
    expect(seat.board.text(id)?.toString()).toBe(`\ufffd${'x'.repeat(9_999)}`)
  })

  test('changes in what is different, and nothing is written for what is not', () => {
    const seat = new Seat(1)
    const id = addOne(seat, box(1, 2))
    seat.outbox.length = 0
    seat.board.change(new Map([[id, { at: [1, 2], look: PLAIN, size: [100, 50] }]]))
    seat.board.change(new Map([['nobody' as ShapeId, { at: [5, 5] }]]))
    seat.board.stretch([id], { from: at(0, 0, 9, 9), to: at(0, 0, 9, 9) })
    seat.board.reorder([id], 'front')
    seat.board.remove([])
    expect(seat.outbox).toEqual([])
    seat.board.change(new Map([[id, { look: { colour: 3, size: 2, fill: 1 } }]]))
    expect(seat.board.get(id)).toMatchObject({ at: [1, 2], look: { colour: 3, size: 2, fill: 1 } })
    expect(seat.outbox).toHaveLength(1)
  })

  test('keeps its ink, the same array, wherever it goes', () => {
    const seat = new Seat(1)
    const id = addOne(seat, STROKE)
    const before = seat.board.get(id)
    seat.board.stretch([id], { from: at(0, 0, 10, 10), to: at(5, 5, 20, 20) })
    const after = seat.board.get(id)
    expect(after).not.toBe(before)
    expect((after as { ink?: unknown }).ink).toBe((before as { ink?: unknown }).ink)
  })
})

describe('[B3] a stretch', () => {
  const stretch = { from: at(0, 0, 100, 100), to: at(100, 0, 200, 50) }
  test.each<[string, NewShape, [number, number], [number, number]]>([
    ['a box', box(10, 20, 50, 40), [120, 10], [100, 20]],
    ['a stroke', STROKE, [120, 10], [60, 20]],
    [
      'a line, which keeps its direction',
      { kind: 'line', at: [50, 60], size: [-20, 30], look: PLAIN },
      [200, 30],
      [-40, 15],
    ],
    ['a note', note('', 10, 20), [120, 10], [400, 100]],
    ['a text, which wraps elsewhere', text('hi', 10, 20, 80, 24), [120, 10], [160, 24]],
  ])('of %s', (_, shape, place, size) => {
    const seat = new Seat(1)
    const id = addOne(seat, shape)
    seat.board.stretch([id], stretch)
    expect(seat.board.get(id)).toMatchObject({ at: place, size })
  })

  test('makes a text wrap that did not only when it is the only one', () => {
    const seat = new Seat(1)
    const words = addOne(seat, text('hi', 10, 20))
    const other = addOne(seat, box(0, 0))
    seat.board.stretch([words], { ...stretch, to: at(9, 9, 100, 100) })
    expect(seat.board.get(words)).toMatchObject({ at: [19, 29], size: [0, 0] })
    seat.board.stretch([words, other], stretch)
    expect(seat.board.get(words)?.size).toEqual([0, 0])
    seat.board.stretch([words], stretch)
    expect(seat.board.get(words)?.size).toEqual([200, 0])
  })
})

describe('[B4] the pile', () => {
  const four = () => {
    const seat = new Seat(1)
    const [a, b, c, d] = seat.board.add([box(0, 0), box(1, 1), box(2, 2), box(3, 3)]) as [
      ShapeId,
      ShapeId,
      ShapeId,
      ShapeId,
    ]
    const names = new Map([a, b, c, d].map((id, nth) => [id as string, 'abcd'.charAt(nth)]))
    const pile = () => seat.pile().map((id) => names.get(id) ?? '+')
    return { seat, board: seat.board, a, b, c, d, pile: () => pile().join('') }
  }

  test('has what is new on top, the last one topmost', () => {
    const { seat, pile } = four()
    expect(pile()).toBe('abcd')
    seat.board.add([note('')])
    expect(pile()).toBe('abcd+')
  })

  test.each<[string, string, 'front' | 'forward' | 'backward' | 'back', string]>([
    ['one', 'b', 'front', 'acdb'],
    ['one', 'b', 'forward', 'acbd'],
    ['one', 'c', 'backward', 'acbd'],
    ['one', 'c', 'back', 'cabd'],
    ['two apart', 'ca', 'front', 'bdac'],
    ['two apart', 'ca', 'back', 'acbd'],
    ['two apart', 'ca', 'forward', 'badc'],
    ['two apart', 'db', 'backward', 'badc'],
    ['two together', 'ab', 'forward', 'cabd'],
    ['two together', 'dc', 'backward', 'acdb'],
    ['the topmost and one below', 'bd', 'forward', 'acbd'],
    ['the lowest two', 'ab', 'backward', 'abcd'],
    ['the topmost two', 'cd', 'forward', 'abcd'],
    ['the topmost', 'd', 'forward', 'abcd'],
    ['the lowest', 'a', 'back', 'abcd'],
    ['all', 'dbca', 'back', 'abcd'],
  ])('%s (%s) goes %s: %s', (_, which, place, wanted) => {
    const { board, a, b, c, d, pile } = four()
    const ids = { a, b, c, d }
    board.reorder(
      [...which].map((name) => ids[name as 'a']),
      place,
    )
    expect(pile()).toBe(wanted)
  })

  test('has copies directly above the topmost original, in the order of the originals', () => {
    const { board, a, c, pile, seat } = four()
    const copies = board.duplicate([c, a], [10, -10])
    expect(pile()).toBe('abc++d')
    expect(seat.pile().slice(3, 5)).toEqual([copies[1], copies[0]])
    expect(board.get(copies[1] as ShapeId)).toMatchObject({ at: [10, -10] })
    expect(board.get(copies[0] as ShapeId)).toMatchObject({ at: [12, -8] })
    board.history.undo()
    expect(pile()).toBe('abcd')
  })

  test('has copies of words and ink that are their own', () => {
    const seat = new Seat(1)
    const original = addOne(seat, note('one'))
    const stroke = addOne(seat, STROKE)
    const [copy, drawn] = seat.board.duplicate([original, stroke], [1, 1]) as [ShapeId, ShapeId]
    seat.board.text(copy)?.insert(3, ' two')
    expect(seat.board.get(original)).toMatchObject({ text: 'one' })
    expect(seat.board.get(copy)).toMatchObject({ text: 'one two' })
    const { ink } = seat.board.get(drawn) as { ink: Uint8Array }
    expect(unpackInk(ink)).toHaveLength(2)
  })
})

describe('[B5] a removed shape', () => {
  test('is marked, not seen, and still there for undo', () => {
    const [anna, ben] = pair()
    const id = addOne(anna, note('words'))
    deliver(anna, ben)
    ben.board.remove([id])
    deliver(anna, ben)
    for (const { board, doc } of [anna, ben]) {
      expect(board.get(id)).toBeNull()
      expect(board.text(id)).toBeNull()
      expect(board.count).toBe(0)
      expect((doc.getMap('shapes').get(id) as Y.Map<unknown>).get('gone')).toBe(true)
    }
    // What somebody does to it meanwhile does no harm, and is there when it is back.
    anna.board.change(new Map([[id, { at: [5, 5] }]]))
    ben.board.history.undo()
    deliver(anna, ben)
    expect(anna.board.get(id)).toMatchObject({ text: 'words', at: [0, 0] })
    expect(anna.picture()).toEqual(ben.picture())
  })
})

describe('[B6] listeners', () => {
  test('are told once per transaction, of what changed and of nothing else', () => {
    const [anna, ben] = pair()
    const told: (readonly ShapeChange[])[] = []
    ben.board.observe((changes) => told.push(changes))
    const [first, second] = anna.board.add([box(0, 0), note('b')]) as [ShapeId, ShapeId]
    deliver(anna, ben)
    expect(told.splice(0).map((changes) => changes.map(({ before }) => before))).toEqual([
      [null, null],
    ])
    const untouched = ben.board.get(first)
    anna.board.text(second)?.insert(1, 'c')
    deliver(anna, ben)
    expect(told.splice(0)).toEqual([
      [
        {
          id: second,
          before: expect.objectContaining({ text: 'b' }),
          after: expect.objectContaining({ text: 'bc' }),
        },
      ],
    ])
    expect(ben.board.get(first)).toBe(untouched)
    anna.board.remove([first, second])
    deliver(anna, ben)
    expect(told.splice(0)).toEqual([
      [
        { id: first, before: untouched, after: null },
        { id: second, before: expect.anything(), after: null },
      ],
    ])
    // Nothing that anybody sees.
    anna.doc.getMap('elsewhere').set('a', 1)
    anna.doc.getMap('shapes').set('no', 'shape')
    deliver(anna, ben)
    expect(told).toEqual([])
  })

  test('hear what the board already has, also of what they do themselves', () => {
    const seat = new Seat(1)
    const counts: number[] = []
    const stop = seat.board.observe(() => counts.push(seat.board.count))
    seat.board.add([box(0, 0), box(1, 1)])
    seat.board.history.undo()
    stop()
    seat.board.history.redo()
    expect(counts).toEqual([2, 0])
  })

  test('are let go by close', () => {
    const seat = new Seat(1)
    let told = 0
    seat.board.observe(() => {
      told += 1
    })
    const pen = seat.board.live.begin('pen', PLAIN, 1)
    pen.add([[0, 0, 0.5]])
    pen.add([[9, 9, 0.5]])
    expect(seat.clock.pending).toBe(1)
    seat.board.close()
    expect(told).toBe(1)
    expect(seat.clock.pending).toBe(0)
    expect([...seat.doc.getMap('shapes').keys()]).toEqual([pen.id])
    seat.board.close()
    openBoard(seat.doc).add([box(0, 0)])
    expect(told).toBe(1)
  })
})

describe('[B7] opening a board', () => {
  test('writes nothing, and neither does listening', () => {
    const [anna, ben] = pair()
    expect([...Y.encodeStateAsUpdate(anna.doc)]).toEqual([0, 0])
    anna.board.add([box(0, 0), note('x')])
    const pen = anna.board.live.begin('pen', PLAIN, 1)
    pen.add([[1, 1, 1]])
    pen.end()
    deliver(anna, ben)
    ben.clock.advance(10_000)
    expect(ben.doc.store.clients.has(2)).toBe(false)
    expect(ben.outbox).toEqual([])
  })
})
