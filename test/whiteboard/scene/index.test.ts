import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { boxAround, encloses, overlap } from '../../../client/whiteboard/geometry/box.ts'
import { openBoard } from '../../../client/whiteboard/model/open-board.ts'
import type { Change, NewShape, Shape, ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { boundsOf } from '../../../client/whiteboard/scene/bounds.ts'
import { createIndex } from '../../../client/whiteboard/scene/create-index.ts'
import { hits } from '../../../client/whiteboard/scene/hit.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { anyShape, measure } from './drawn.ts'

const ids = (shapes: readonly Shape[]) => shapes.map(({ id }) => id)

/** A new shape like that one. */
function like({ id: _id, order: _order, ...draft }: Shape): NewShape {
  return draft as NewShape
}

describe('[B24] the index', () => {
  const seed = seedOfRun()
  test(`says what looking at every shape would say, after any changes (SEED=${seed})`, () => {
    for (let round = 0; round < 3; round++) {
      const dice = new Seeded(seed + round)
      const [doc, far] = [new Y.Doc(), new Y.Doc()]
      doc.clientID = 1
      far.clientID = 2
      const random = () => dice.next()
      const [board, away] = [openBoard(doc, { random }), openBoard(far, { random })]
      const some = (count: number) =>
        Array.from({ length: count }, () => like(anyShape(dice, 'new')))
      board.add(some(dice.pick([0, 5, 150])))
      const index = createIndex(board, measure)

      for (let step = 0; step < 25; step++) {
        const known = ids([...board.shapes()])
        const few = known.filter(() => dice.chance(0.1))
        const change = (): Change => ({ at: [dice.int(-900, 900), dice.int(-900, 900)] })
        const deeds = [
          () => board.add(some(dice.pick([1, 3, 40, 130]))),
          () => board.change(new Map(few.map((id) => [id, change()]))),
          () => board.remove(few),
          () => board.reorder(few, dice.pick(['front', 'forward', 'backward', 'back'])),
          () => board.history.undo(),
          () => board.remove(known.filter(() => dice.chance(0.8))),
          () => {
            Y.applyUpdate(far, Y.encodeStateAsUpdate(doc))
            away.change(new Map(few.map((id) => [id, change()])))
            away.add(some(3))
            Y.applyUpdate(doc, Y.encodeStateAsUpdate(far))
          },
        ]
        for (let nth = dice.int(1, 3); nth > 0; nth--) dice.pick(deeds)()
        if (dice.chance(0.3)) continue
        compare(board.shapes(), index, dice)
      }
      index.close()
      board.close()
      away.close()
    }
  })

  test('lets go of the board when it is closed', () => {
    const board = openBoard(new Y.Doc())
    const index = createIndex(board, measure)
    index.close()
    const [id] = board.add([like(anyShape(new Seeded(1), 'new'))])
    expect(index.bounds(id as ShapeId)).toBeNull()
    expect(index.pile()).toEqual([])
    board.close()
  })

  test('hands out the same pile until something changes', () => {
    const board = openBoard(new Y.Doc())
    const index = createIndex(board, measure)
    board.add([like(anyShape(new Seeded(1), 'new'))])
    const pile = index.pile()
    expect(index.pile()).toBe(pile)
    board.add([like(anyShape(new Seeded(2), 'new'))])
    expect(index.pile()).not.toBe(pile)
    expect(pile).toHaveLength(1)
    board.close()
  })
})

function compare(
  shapes: Iterable<Shape>,
  index: ReturnType<typeof createIndex>,
  dice: Seeded,
): void {
  const all = [...shapes].sort((a, b) =>
    a.order === b.order ? (a.id < b.id ? -1 : 1) : a.order < b.order ? -1 : 1,
  )
  expect(ids(index.pile())).toEqual(ids(all))
  expect(index.extent()).toEqual(roughly(boxAround(all.map((one) => boundsOf(one, measure)))))
  for (let nth = 0; nth < 4; nth++) {
    const box = {
      x: dice.int(-1_500, 1_000),
      y: dice.int(-1_500, 1_000),
      width: dice.pick([0, 50, 800, 3_000]),
      height: dice.pick([0, 50, 800, 3_000]),
    }
    const found = all.filter((one) => overlap(boundsOf(one, measure), box))
    expect(ids(index.search(box))).toEqual(ids(found))
    const inside = all.filter((one) => encloses(box, boundsOf(one, measure)))
    expect(ids(index.within(box))).toEqual(ids(inside))
    const one = all.length > 0 && dice.chance(0.7) ? dice.pick(all) : null
    const point = [
      (one?.at[0] ?? 0) + dice.int(-9, 9),
      (one?.at[1] ?? 0) + dice.int(-9, 9),
    ] as const
    const hit = all.filter((each) => hits(each, point, 8, measure))
    expect(ids(index.at(point, 8))).toEqual(ids(hit.reverse()))
    if (one !== null) expect(index.bounds(one.id)).toEqual(roughly(boundsOf(one, measure)))
  }
}

/** Corners are kept, and sides made of them. */
function roughly(box: ReturnType<typeof boxAround>): unknown {
  if (box === null) return null
  const close = (value: number) => expect.closeTo(value, 5)
  const { x, y, width, height } = box
  return { x: close(x), y: close(y), width: close(width), height: close(height) }
}
