import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { InkPoint } from '../../../client/whiteboard/model/ink-point.ts'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { Seeded } from '../../support/seeded.ts'
import { type Hand, handDrawn } from './hand.ts'
import { box, note, PLAIN, Seat } from './stage.ts'

// The figures of docs/whiteboard.md. `FIGURES=1` prints them.
const print = (line: string) => process.env.FIGURES !== undefined && console.log(line)

/** What the y-websocket dialect puts around an update: two message types and a length of two bytes. */
const FRAME = 4
/** Yjs draws client ids from 32 bits: mostly they take five bytes. */
const CLIENT = 3_141_592_653

const stateBytes = (doc: Y.Doc) => Y.encodeStateAsUpdate(doc).length
const wireBytes = (updates: readonly Uint8Array[]) =>
  updates.reduce((sum, { length }) => sum + length + FRAME, 0)

/** Draws in the time that it would take. */
function draw(seat: Seat, points: readonly InkPoint[], perSecond: number): ShapeId {
  const pen = seat.board.live.begin('pen', PLAIN, 1)
  for (const point of points) {
    pen.add([point])
    seat.clock.advance(1_000 / perSecond)
  }
  return pen.end()
}

/** A seat at a board on which something has been drawn, as the server would keep it. */
function someWayIn(): { seat: Seat; server: Y.Doc } {
  const seat = new Seat(CLIENT)
  const server = new Y.Doc()
  seat.doc.on('update', (update: Uint8Array) => Y.applyUpdate(server, update))
  const dice = new Seeded(1)
  for (let nth = 0; nth < 5; nth += 1) {
    draw(seat, handDrawn(dice, { points: 100, perSecond: 60, with: 'pen' }), 60)
  }
  seat.outbox.length = 0
  return { seat, server }
}

describe('[B1] [B10] a stroke of 300 points', () => {
  test.each<Hand>([
    { points: 300, perSecond: 60, with: 'mouse' },
    { points: 300, perSecond: 120, with: 'mouse' },
    { points: 300, perSecond: 60, with: 'pen' },
    { points: 300, perSecond: 120, with: 'pen' },
    { points: 300, perSecond: 240, with: 'pen' },
    { points: 300, perSecond: 60, with: 'pen', speed: 2_500 },
  ])('takes 1 KB of state and 3,000 bytes on the wire at most: $with, $perSecond/s', (hand) => {
    const { seat, server } = someWayIn()
    const before = stateBytes(server)
    draw(seat, handDrawn(new Seeded(7), hand), hand.perSecond)
    const state = stateBytes(server) - before
    const wire = wireBytes(seat.outbox)
    const up = (seat.outbox.at(-1)?.length ?? 0) + FRAME
    const ink = [...seat.board.shapes()].at(-1) as { ink?: Uint8Array }
    print(
      `${hand.with} ${hand.perSecond}/s ${hand.speed ?? 500} px/s: ink ${ink.ink?.length} state ${state} wire ${wire} in ${seat.outbox.length} updates, pen-up ${up}, begin ${(seat.outbox[0]?.length ?? 0) + FRAME}`,
    )
    expect(state).toBeLessThanOrEqual(850)
    expect(wire).toBeLessThanOrEqual(3_000)
    // A measure that is off would be, too.
    expect(state).toBeGreaterThan(400)
    expect(wire).toBeGreaterThan(state)
  })

  test('other things take little', () => {
    const cost = (what: string, most: number, act: (seat: Seat, ids: ShapeId[]) => void) => {
      const { seat, server } = someWayIn()
      const ids = [...seat.board.shapes()].map(({ id }) => id)
      const before = stateBytes(server)
      act(seat, ids)
      const state = stateBytes(server) - before
      print(`${what}: state ${state} wire ${wireBytes(seat.outbox)}`)
      expect(wireBytes(seat.outbox), what).toBeLessThanOrEqual(most)
    }
    cost('a rectangle', 200, ({ board }) => board.add([box(13, 27)]))
    cost('a note of 20 letters', 250, ({ board }) => board.add([note('buy milk and oranges')]))
    const to = { x: 30.5, y: 0, width: 9, height: 9 }
    const move = { from: { x: 0, y: 0, width: 9, height: 9 }, to }
    cost('a drop of one shape', 60, ({ board }, ids) => board.stretch(ids.slice(0, 1), move))
    cost('a drop of five shapes', 250, ({ board }, ids) => board.stretch(ids, move))
    cost('one removed', 60, ({ board }, ids) => board.remove(ids.slice(0, 1)))
    cost('one brought to front', 60, ({ board }, ids) => board.reorder(ids.slice(0, 1), 'front'))
    cost('a tap', 400, (seat) => draw(seat, [[5, 5, 0.5]], 60))
    cost('undo of a stroke', 60, ({ board, outbox }) => {
      outbox.length = 0
      board.history.undo()
    })
  })
})

describe('[B1] a drawing session of five people', () => {
  // Ten minutes are two to eight seconds of work, so the suite takes two: `MINUTES=10` for all of it.
  const minutes = Number(process.env.MINUTES ?? 2)

  test('stays below 50 KB of state per minute, which is half of 1 MB in ten', {
    timeout: 60_000,
  }, () => {
    const server = new Y.Doc()
    const dice = new Seeded(11)
    let points = 0
    let wire = 0
    for (let person = 0; person < 5; person += 1) {
      const seat = new Seat(CLIENT + person * 1_000_003)
      Y.applyUpdate(seat.doc, Y.encodeStateAsUpdate(server), 'wire')
      seat.doc.on('update', (update: Uint8Array, origin: unknown) => {
        if (origin !== 'wire') Y.applyUpdate(server, update)
      })
      const mine: ShapeId[] = []
      for (let seconds = 0; seconds < minutes * 60; ) {
        // Down half of the time, in strokes of half a second to four.
        const length = 0.5 + dice.next() * 3.5
        const hand = { points: Math.round(length * 120), perSecond: 120, with: 'pen' } as const
        const from = [dice.int(0, 3_000), dice.int(0, 2_000)] as const
        mine.push(draw(seat, handDrawn(dice, { ...hand, from }), 120))
        points += hand.points
        seconds += 2 * length
        const which = dice.pick(mine)
        const by = dice.next() * 300
        const from10 = { x: 0, y: 0, width: 10, height: 10 }
        if (dice.chance(0.3))
          seat.board.stretch([which], { from: from10, to: { ...from10, x: by } })
        if (dice.chance(0.1)) seat.board.add([note('what we should do next', by, by)])
        if (dice.chance(0.1)) seat.board.history.undo()
        if (dice.chance(0.05)) seat.board.remove([which])
        wire += wireBytes(seat.outbox.splice(0))
      }
    }
    const state = stateBytes(server)
    const later = new Seat(99)
    Y.applyUpdate(later.doc, Y.encodeStateAsUpdate(server), 'wire')
    print(
      `${minutes} minutes: ${points} points, ${later.board.count} shapes, state ${state}, wire ${wire}`,
    )
    expect(points).toBeGreaterThan(minutes * 15_000)
    expect(state).toBeLessThan(minutes * 50_000)
    expect(later.board.count).toBeGreaterThan(minutes * 40)
  })
})
