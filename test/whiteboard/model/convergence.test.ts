import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { openBoard } from '../../../client/whiteboard/model/open-board.ts'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { handDrawn } from './hand.ts'
import { box, note, Seat } from './stage.ts'

/** Three people, and between each two a line on which updates wait, in order, as long as they like. */
class Table {
  readonly dice: Seeded
  readonly seats: readonly Seat[] = [new Seat(1), new Seat(2), new Seat(3)]
  readonly #waiting = new Map<string, Uint8Array[]>()

  constructor(seed: number) {
    this.dice = new Seeded(seed)
  }

  /** One of them does something. */
  act(): void {
    const { dice } = this
    const seat = dice.pick(this.seats)
    const { board, clock } = seat
    const ids = [...board.shapes()].map(({ id }) => id)
    const some = ids.filter(() => dice.chance(0.25))
    const one = ids.length === 0 ? null : dice.pick(ids)
    dice.pick<() => void>([
      () => board.add([box(dice.int(0, 99), dice.int(0, 99)), note('words')]),
      () => board.add([box(dice.int(0, 99), 1)]),
      () => board.change(new Map(some.map((id) => [id, { at: [dice.int(0, 99), 7] }]))),
      () =>
        board.stretch(some, {
          from: { x: 0, y: 0, width: 10, height: 10 },
          to: { x: dice.int(-9, 9), y: 0, width: dice.int(5, 20), height: 10 },
        }),
      () => board.remove(some.slice(0, 2)),
      () => board.duplicate(some.slice(0, 3), [5, 5]),
      () => board.reorder(some, dice.pick(['front', 'forward', 'backward', 'back'] as const)),
      () => board.history.undo(),
      () => board.history.undo(),
      () => board.history.redo(),
      () => one !== null && board.text(one)?.insert(0, dice.pick(['a', 'bc', '😀'])),
      () => {
        const pen = board.live.begin('pen', { colour: 1, size: 1, fill: 0 }, 1)
        const points = handDrawn(dice, { points: dice.int(1, 40), perSecond: 60, with: 'pen' })
        for (const point of points) {
          pen.add([point])
          clock.advance(16)
          if (dice.chance(0.1)) this.carry()
        }
        if (dice.chance(0.8)) pen.end()
        else if (dice.chance(0.5)) pen.cancel()
      },
      () => board.live.adopt(new Set([1, 2, 3].filter(() => dice.chance(0.7)))),
    ])()
    clock.advance(20)
  }

  /** Takes what was written to the lines, and on one of them brings something across. */
  carry(): void {
    this.#post()
    const lines = [...this.#waiting.values()].filter((line) => line.length > 0)
    if (lines.length > 0) this.#bring(this.dice.pick(lines), this.dice.int(1, 5))
  }

  /** Brings everything across, and what is written because of it, until it is quiet. */
  settle(): void {
    for (;;) {
      this.#post()
      const line = [...this.#waiting.values()].find((one) => one.length > 0)
      if (line !== undefined) this.#bring(line, line.length)
      else if (this.seats.some(({ clock }) => clock.pending > 0)) {
        for (const { clock } of this.seats) clock.advance(200)
      } else return
    }
  }

  #post(): void {
    for (const [from, seat] of this.seats.entries()) {
      for (const update of seat.outbox.splice(0)) {
        for (const to of this.seats.keys()) {
          if (to === from) continue
          const line = this.#waiting.get(`${from}${to}`) ?? []
          line.push(update)
          this.#waiting.set(`${from}${to}`, line)
        }
      }
    }
  }

  #bring(line: Uint8Array[], count: number): void {
    for (const [name, waiting] of this.#waiting) {
      if (waiting !== line) continue
      const seat = this.seats[Number(name[1])]
      for (const update of line.splice(0, count)) seat?.take(update)
    }
  }
}

/** A board as somebody sees it who opens it now. */
function opened(seat: Seat): Seat {
  const other = new Seat(99)
  Y.applyUpdate(other.doc, Y.encodeStateAsUpdate(seat.doc), 'wire')
  return other
}

describe('[B2] whatever order edits come in', () => {
  const first = seedOfRun()
  test.each([1, 2, 3, first, first + 1, first + 2])(
    'all see the same shapes in the same pile (seed %i)',
    (seed) => {
      const table = new Table(seed)
      for (let round = 0; round < 250; round += 1) {
        table.act()
        while (table.dice.chance(0.6)) table.carry()
        if (round % 50 === 0) {
          // What is known step by step is what the document says.
          for (const { board, doc } of table.seats) {
            const sorted = (shapes: Iterable<{ readonly id: ShapeId }>) =>
              [...shapes].sort((a, b) => (a.id < b.id ? -1 : 1))
            expect(sorted(board.shapes())).toEqual(sorted(openBoard(doc).shapes()))
          }
        }
      }
      table.settle()
      const [anna, ...others] = table.seats as [Seat, ...Seat[]]
      expect(anna.board.count).toBeGreaterThan(5)
      for (const other of [...others, opened(anna)]) {
        expect(other.picture()).toEqual(anna.picture())
        expect(other.pile()).toEqual(anna.pile())
      }
      const live = table.seats.map(({ board }) =>
        [...board.live.strokes()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      )
      expect(live[1]).toEqual(live[0])
      expect(live[2]).toEqual(live[0])
    },
  )
})
