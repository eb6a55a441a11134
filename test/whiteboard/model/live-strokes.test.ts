import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { LiveStroke, LiveStrokeChange } from '../../../client/whiteboard/model/board.ts'
import { unpackInk } from '../../../client/whiteboard/model/ink.ts'
import type { InkPoint } from '../../../client/whiteboard/model/ink-point.ts'
import { LONGEST_STROKE } from '../../../client/whiteboard/model/limits.ts'
import { openBoard } from '../../../client/whiteboard/model/open-board.ts'
import type { Shape } from '../../../client/whiteboard/model/shape.ts'
import { Seeded } from '../../support/seeded.ts'
import { handDrawn } from './hand.ts'
import { box, deliver, PLAIN, pair, Seat } from './stage.ts'

const only = (items: Iterable<LiveStroke>): LiveStroke => {
  const [stroke, ...more] = items
  if (stroke === undefined || more.length > 0) throw new Error('not one stroke')
  return stroke
}

/** The points of a stroke on the board. */
const drawn = (shape: Shape | null): number[][] => {
  if (shape === null || !('ink' in shape)) throw new Error('no stroke')
  return unpackInk(shape.ink).map(([x, y]) => [x + shape.at[0], y + shape.at[1]])
}

const row = (from: number, count: number): InkPoint[] =>
  Array.from({ length: count }, (_, nth) => [10 * (from + nth), 5, 0.5])

describe('[B9] a stroke that is being drawn', () => {
  test('is sent with its first point at once, then at most every 50 ms, then with 6 points or after 100 ms', () => {
    const seat = new Seat(1)
    const { clock, outbox } = seat
    const pen = seat.board.live.begin('pen', PLAIN, 1)
    expect(outbox).toEqual([])
    pen.add(row(0, 1))
    expect(outbox).toHaveLength(1)
    // Enough points long before 50 ms are over: they wait.
    for (let nth = 1; nth <= 12; nth += 1) pen.add(row(nth, 1))
    clock.advance(49)
    expect(outbox).toHaveLength(1)
    clock.advance(1)
    expect(outbox).toHaveLength(2)
    // Few points: they wait longer.
    pen.add(row(20, 5))
    clock.advance(99)
    expect(outbox).toHaveLength(2)
    clock.advance(1)
    expect(outbox).toHaveLength(3)
    // The sixth that comes after 50 ms takes them along at once.
    pen.add(row(30, 5))
    clock.advance(70)
    pen.add(row(35, 1))
    expect(outbox).toHaveLength(4)
    // Nothing new, nothing sent.
    clock.advance(10_000)
    expect(outbox).toHaveLength(4)
    expect(clock.pending).toBe(0)
    pen.add(row(40, 1))
    expect(outbox).toHaveLength(5)
  })

  test('grows on the other side by what came, and each time is another object', () => {
    const [anna, ben] = pair()
    const told: LiveStrokeChange[] = []
    ben.board.live.observe((changes) => told.push(...changes))
    const look = { colour: 3, size: 2, fill: 0 }
    const pen = anna.board.live.begin('highlighter', look, 1)
    pen.add(row(1, 1))
    deliver(anna, ben)
    const first = only(ben.board.live.strokes())
    expect(first).toEqual({
      id: pen.id,
      by: 1,
      kind: 'highlighter',
      look,
      at: [10, 5],
      points: [[0, 0, 0.5]],
    })
    pen.add(row(2, 7))
    anna.clock.advance(50)
    deliver(anna, ben)
    const second = only(ben.board.live.strokes())
    expect(first.points).toHaveLength(1)
    expect(second.points).toHaveLength(8)
    expect(told).toEqual([
      { id: pen.id, before: null, after: first },
      { id: pen.id, before: first, after: second },
    ])
    expect(told[1]?.after).toBe(second)
    // Who opens the board now sees all of it.
    expect(only(openBoard(ben.doc).live.strokes())).toEqual(second)
  })

  test('is shown to its author point by point, exactly as the others will see it', () => {
    const [anna, ben] = pair()
    const dice = new Seeded(5)
    const told: LiveStrokeChange[] = []
    anna.board.live.observe((changes) => told.push(...changes))
    const pen = anna.board.live.begin('pen', PLAIN, 1.5)
    for (const point of handDrawn(dice, { points: 40, perSecond: 60, with: 'pen' }))
      pen.add([point])
    const own = only(anna.board.live.strokes())
    expect(own.points.length).toBeGreaterThan(30)
    expect(told).toHaveLength(own.points.length)
    anna.clock.advance(100)
    deliver(anna, ben)
    expect(only(ben.board.live.strokes())).toEqual(own)
    const before = drawn(anna.board.get(pen.end()))
    expect(before).toEqual(own.points.map(([x, y]) => [x + own.at[0], y + own.at[1]]))
  })

  test('has no point that does not move, or is nowhere', () => {
    const seat = new Seat(1)
    const pen = seat.board.live.begin('pen', PLAIN, 1)
    pen.add([
      [5, 5, 0.1],
      [5.1, 5.1, 0.9],
      [Number.NaN, 6, 0.5],
      [6, 5, 0.5],
      [6.2, 4.8, 0.5],
      [5, 5, 0.5],
    ])
    expect(drawn(seat.board.get(pen.end()))).toEqual([
      [5, 5],
      [6, 5],
      [5, 5],
    ])
    const tap = seat.board.live.begin('pen', PLAIN, 1)
    tap.add([[1, 2, 1]])
    expect(seat.board.get(tap.end())).toMatchObject({ at: [1, 2], size: [0, 0] })
  })

  test('without a point leaves nothing', () => {
    const seat = new Seat(1)
    const pen = seat.board.live.begin('pen', PLAIN, 1)
    const id = pen.end()
    pen.add(row(0, 3))
    expect([seat.board.get(id), seat.outbox.length, seat.board.history.canUndo]).toEqual([
      null,
      0,
      false,
    ])
  })

  test('that is cancelled is gone everywhere, and was no step of undo', () => {
    const [anna, ben] = pair()
    const pen = anna.board.live.begin('pen', PLAIN, 1)
    pen.add(row(0, 9))
    deliver(anna, ben)
    pen.cancel()
    pen.end()
    pen.add(row(9, 9))
    deliver(anna, ben)
    for (const { board } of [anna, ben]) {
      expect([...board.live.strokes()]).toEqual([])
      expect(board.count).toBe(0)
    }
    expect(anna.board.history.canUndo).toBe(false)
    expect(anna.clock.pending).toBe(0)
  })

  test('goes on as a new one after 10,000 points, from where it stood', () => {
    const seat = new Seat(1)
    const pen = seat.board.live.begin('pen', PLAIN, 1)
    const first = pen.id
    for (let nth = 0; nth < 2 * LONGEST_STROKE; nth += 100) pen.add(row(nth, 100))
    const last = pen.end()
    const parts = seat.pile().map((id) => drawn(seat.board.get(id as Shape['id'])))
    expect(seat.pile()).toHaveLength(3)
    expect(seat.pile()[0]).toBe(first)
    expect(seat.pile()[2]).toBe(last)
    expect(parts.map((points) => points.length)).toEqual([10_000, 10_000, 2])
    expect(parts[1]?.[0]).toEqual(parts[0]?.at(-1))
    expect(parts.flat().at(-1)).toEqual([199_990, 5])
    expect([...seat.board.live.strokes()]).toEqual([])
    expect([...seat.doc.getMap('live').keys()]).toEqual([])
  })
})

describe('[B10] pen up', () => {
  test('is one update with the shape in and the live stroke out: nobody sees a gap', () => {
    const [anna, ben] = pair()
    const pen = anna.board.live.begin('pen', PLAIN, 1)
    pen.add(row(0, 20))
    anna.clock.advance(20)
    deliver(anna, ben)
    const { id } = pen
    const gaps: string[] = []
    for (const { board } of [anna, ben]) {
      const look = () => {
        const isLive = [...board.live.strokes()].some((stroke) => stroke.id === id)
        if (!isLive && board.get(id) === null) gaps.push('gap')
      }
      board.observe(look)
      board.live.observe(look)
    }
    pen.add(row(20, 3))
    expect(pen.end()).toBe(id)
    expect(anna.outbox).toHaveLength(1)
    deliver(anna, ben)
    expect(gaps).toEqual([])
    for (const { board } of [anna, ben]) {
      expect([...board.live.strokes()]).toEqual([])
      expect(drawn(board.get(id))).toEqual(row(0, 23).map(([x, y]) => [x, y]))
    }
  })

  test('is one step of undo, which does not bring back the live stroke', () => {
    const [anna, ben] = pair()
    anna.board.add([box(0, 0)])
    const pen = anna.board.live.begin('pen', PLAIN, 1)
    for (let nth = 0; nth < 50; nth += 1) {
      pen.add(row(nth, 1))
      anna.clock.advance(16)
    }
    const id = pen.end()
    const whole = anna.board.get(id)
    anna.board.history.undo()
    deliver(anna, ben)
    for (const { board, doc } of [anna, ben]) {
      expect([board.get(id), board.count, doc.getMap('live').size]).toEqual([null, 1, 0])
      expect([...board.live.strokes()]).toEqual([])
    }
    anna.board.history.redo()
    deliver(anna, ben)
    expect(ben.board.get(id)).toEqual(whole)
    expect(anna.board.get(id)).toEqual(whole)
  })

  test('draws on top of all', () => {
    const seat = new Seat(1)
    seat.board.add([box(0, 0), box(1, 1)])
    const pen = seat.board.live.begin('pen', PLAIN, 1)
    pen.add(row(0, 2))
    const id = pen.end()
    expect(seat.pile().at(-1)).toBe(id)
  })
})

describe('[B11] a stroke whose author has left', () => {
  /** Anna draws and is gone; Ben and Carl have what she sent. */
  function left() {
    const [anna, ben] = pair()
    const carl = new Seat(3)
    const pen = anna.board.live.begin('pen', PLAIN, 1)
    pen.add(row(0, 5))
    pen.add(row(5, 8))
    anna.clock.advance(50)
    pen.add(row(13, 4))
    deliver(anna, ben, carl)
    return { anna, ben, carl, pen, id: pen.id }
  }

  test('becomes a shape under its id, once, when two others take care of it at once', () => {
    const { ben, carl, id } = left()
    const present = new Set([2, 3])
    ben.board.live.adopt(present)
    carl.board.live.adopt(present)
    const bens = ben.board.get(id)
    const carls = carl.board.get(id)
    expect(drawn(bens)).toEqual(row(0, 13).map(([x, y]) => [x, y]))
    expect((carls as { ink?: unknown }).ink).toEqual((bens as { ink?: unknown }).ink)
    deliver(ben, carl)
    expect(ben.board.count).toBe(1)
    expect(ben.picture()).toEqual(carl.picture())
    for (const { board } of [ben, carl]) {
      expect([...board.live.strokes()]).toEqual([])
      expect(board.history.canUndo).toBe(false)
    }
    ben.board.live.adopt(present)
    expect(ben.outbox).toEqual([])
  })

  test('is left alone while its author is there, and our own always', () => {
    const { ben, id } = left()
    const own = ben.board.live.begin('pen', PLAIN, 1)
    own.add(row(0, 3))
    ben.outbox.length = 0
    ben.board.live.adopt(new Set([1]))
    expect(ben.outbox).toEqual([])
    ben.board.live.adopt(new Set())
    expect([...ben.board.live.strokes()].map((stroke) => stroke.id)).toEqual([own.id])
    expect(ben.board.get(id)).not.toBeNull()
  })

  test('goes on under a new id where the others had it, if the author was only away', () => {
    const { anna, ben, pen, id } = left()
    ben.board.live.adopt(new Set([2]))
    deliver(anna, ben)
    expect(drawn(anna.board.get(id))).toHaveLength(13)
    pen.add(row(17, 2))
    anna.clock.advance(100)
    deliver(anna, ben)
    expect(only(ben.board.live.strokes()).id).toBe(pen.id)
    const rest = pen.end()
    deliver(anna, ben)
    expect(rest).not.toBe(id)
    expect(drawn(ben.board.get(rest))).toEqual(row(12, 7).map(([x, y]) => [x, y]))
    expect(ben.picture()).toEqual(anna.picture())
    expect([...anna.board.live.strokes(), ...ben.board.live.strokes()]).toEqual([])
    // Undo takes back what she drew since, and leaves what was kept for her.
    anna.board.history.undo()
    anna.board.history.undo()
    expect(anna.pile()).toEqual([id])
  })

  test('is dropped where there is a shape of that name already', () => {
    const { anna, ben, id } = left()
    anna.board.live.close()
    const forged = new Y.Map<unknown>(Object.entries({ by: 8, kind: 'pen', at: [90, 90] }))
    forged.set('chunks', Y.Array.from([Uint8Array.of(1, 64, 32, 2, 112)]))
    anna.doc.getMap('live').set(id, forged)
    deliver(anna, ben)
    const before = ben.board.get(id)
    expect(only(ben.board.live.strokes()).at).toEqual([90, 90])
    ben.board.live.adopt(new Set([2]))
    expect([...ben.board.live.strokes()]).toEqual([])
    expect(ben.board.get(id)).toBe(before)
  })

  test('and who lifts the pen just then is whole in the end, whichever of the two wins', () => {
    for (const [author, other] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const anna = new Seat(author)
      const ben = new Seat(other)
      const pen = anna.board.live.begin('pen', PLAIN, 1)
      pen.add(row(0, 5))
      deliver(anna, ben)
      pen.add(row(5, 30))
      const id = pen.end()
      ben.board.live.adopt(new Set([other]))
      deliver(anna, ben)
      // Whoever listens does not write: it is mended a moment later.
      anna.clock.advance(0)
      deliver(anna, ben)
      expect(drawn(ben.board.get(id)), `author ${author}`).toHaveLength(35)
      expect(ben.picture()).toEqual(anna.picture())
      expect(anna.outbox.length + anna.clock.pending + ben.clock.pending).toBe(0)
    }
  })
})

describe('[B12] live strokes from anybody', () => {
  const entry = (fields: object) => new Y.Map<unknown>(Object.entries(fields))
  const sound = { kind: 'pen', look: [0, 1, 0], by: 9, at: [0, 0] }
  const chunk = Uint8Array.of(1, 64, 32, 2, 112)
  test.each<[string, unknown]>([
    ['a number', 5],
    ['no fields', entry({})],
    ['no chunks', entry(sound)],
    ['chunks that are none', entry({ ...sound, chunks: [chunk] })],
    ['a text for chunks', entry({ ...sound, chunks: new Y.Text('x') })],
    ['another kind', entry({ ...sound, kind: 'arrow', chunks: Y.Array.from([chunk]) })],
    ['no author', entry({ ...sound, by: 'me', chunks: Y.Array.from([chunk]) })],
    ['no place', entry({ ...sound, at: [Number.NaN, 0], chunks: Y.Array.from([chunk]) })],
    ['chunks that are no bytes', entry({ ...sound, chunks: Y.Array.from([1, 'a']) })],
    ['bytes that are no ink', entry({ ...sound, chunks: Y.Array.from([Uint8Array.of(7, 7)]) })],
  ])('%s is not seen, and left alone', (_, value) => {
    const seat = new Seat(1)
    seat.doc.getMap('live').set('x', value)
    seat.doc.getMap('live').set('not an id!', entry({ ...sound, chunks: Y.Array.from([chunk]) }))
    seat.outbox.length = 0
    expect([...seat.board.live.strokes()]).toEqual([])
    seat.board.live.adopt(new Set())
    expect(seat.outbox).toEqual([])
  })

  test('end where they stop making sense', () => {
    const seat = new Seat(1)
    const chunks = Y.Array.from<Uint8Array | string>([chunk])
    seat.doc.getMap('live').set('x', entry({ ...sound, look: 'red', chunks }))
    expect(only(seat.board.live.strokes())).toMatchObject({ look: PLAIN, points: [[0, 0, 0.5]] })
    chunks.push([Uint8Array.of(2, 112), 'nonsense', Uint8Array.of(2, 112)])
    chunks.push([Uint8Array.of(2, 112)])
    expect(only(seat.board.live.strokes()).points).toHaveLength(2)
    chunks.delete(0, 2)
    expect(only(seat.board.live.strokes()).points).toHaveLength(2)
    expect(seat.board.live.adopt(new Set())).toBeUndefined()
  })

  test('that are put in the place of others are read from their beginning', () => {
    const seat = new Seat(1)
    const live = seat.doc.getMap('live')
    const chunks = Y.Array.from([chunk, Uint8Array.of(2, 112)])
    live.set('x', entry({ ...sound, chunks }))
    live.set('x', entry({ ...sound, by: 7, chunks: Y.Array.from([chunk]) }))
    expect(only(seat.board.live.strokes())).toMatchObject({ by: 7, points: [[0, 0, 0.5]] })
    live.set('x', entry({ ...sound, chunks: new Y.Array() }))
    expect([...seat.board.live.strokes()]).toEqual([])
  })

  test('that lose a chunk stay as they are', () => {
    const seat = new Seat(1)
    const chunks = Y.Array.from([chunk, Uint8Array.of(2, 112), Uint8Array.of(2, 112)])
    seat.doc.getMap('live').set('x', entry({ ...sound, chunks }))
    chunks.delete(1, 2)
    for (let nth = 0; nth < 5; nth += 1) chunks.push([Uint8Array.of(2, 112)])
    expect(only(seat.board.live.strokes()).points).toHaveLength(3)
  })

  test('are no more than 256 at a time', () => {
    const seat = new Seat(1)
    const live = seat.doc.getMap('live')
    seat.doc.transact(() => {
      for (let nth = 0; nth < 400; nth += 1) {
        live.set(`s${nth}`, entry({ ...sound, chunks: Y.Array.from([chunk]) }))
      }
    })
    expect([...seat.board.live.strokes()]).toHaveLength(256)
    seat.board.live.adopt(new Set())
    expect([...seat.board.live.strokes()]).toEqual([])
    expect(seat.board.count).toBe(400)
  })
})
