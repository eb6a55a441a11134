import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { contains } from '../../../client/whiteboard/geometry/box.ts'
import type { ShapeChange } from '../../../client/whiteboard/model/board.ts'
import { openBoard } from '../../../client/whiteboard/model/open-board.ts'
import { inPile } from '../../../client/whiteboard/model/order.ts'
import type { NewShape, ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { TileCache } from '../../../client/whiteboard/render/tile-cache.ts'
import { fromTheMiddle, widened } from '../../../client/whiteboard/render/tile-grid.ts'
import { TilePainter } from '../../../client/whiteboard/render/tile-painter.ts'
import { boundsOf } from '../../../client/whiteboard/scene/bounds.ts'
import { createIndex } from '../../../client/whiteboard/scene/create-index.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { measure } from '../scene/drawn.ts'
import { SpotEasel, type Spots, spotOnBoard } from './easel.ts'

const look = { colour: 0, size: 1, fill: 0 }
const rectangle = (x: number, y: number, edge = 100): NewShape => ({
  kind: 'rectangle',
  at: [x, y],
  size: [edge, edge],
  look,
})

/** A board with a painter of its tiles, and frames that may paint so many shapes. */
function stage(most = 64) {
  const board = openBoard(new Y.Doc())
  const index = createIndex(board, measure)
  const easel = new SpotEasel()
  const tiles = new TileCache<Spots>(easel.make, most)
  const shown: string[] = []
  const painter = new TilePainter<Spots>({
    tiles,
    easel,
    index,
    measure,
    painted: ({ column, row }) => shown.push(`${column} ${row}`),
  })
  let changes: ShapeChange[] = []
  board.observe((some) => changes.push(...some))
  const view = { left: 0, top: 0, right: 1, bottom: 1, scale: 1 }
  const places = () => fromTheMiddle(view)

  return {
    board,
    easel,
    tiles,
    painter,
    view,
    shown,
    places,
    /** One frame; returns whether there may be more to paint. */
    frame(budget = Number.POSITIVE_INFINITY): boolean {
      const { scale } = view
      painter.take(changes, scale)
      changes = []
      tiles.begin(scale)
      const latest = easel.painted + budget
      const around = fromTheMiddle(widened(view, 1))
      return painter.paint(places(), around, scale, () => easel.painted >= latest)
    },
    /** What the tiles in view show, and what they ought to show. */
    compare(leftOut: ReadonlySet<ShapeId> = new Set()) {
      const pile = [...board.shapes()].filter(({ id }) => !leftOut.has(id)).sort(inPile)
      const boxes = pile.map((shape) => ({ shape, bounds: boundsOf(shape, measure) }))
      const wanted = places().map(([column, row]) =>
        spotOnBoard({ column, row, scale: view.scale }).map((spot) =>
          boxes.filter(({ bounds }) => contains(bounds, spot)).map(({ shape }) => shape),
        ),
      )
      const found = places().map(([column, row]) => tiles.find(column, row, view.scale)?.surface)
      return { found, wanted }
    },
  }
}

const idsOn = (spots: Spots | null | undefined) => new Set(spots?.flat().map((s) => s?.id))

describe('the tiles', () => {
  const seed = seedOfRun()
  test(`[B26] show the board once all is painted, whatever happened before (SEED=${seed})`, () => {
    for (let round = 0; round < 6; round++) {
      const dice = new Seeded(seed + round)
      const s = stage(dice.pick([20, 64]))
      const some = (count: number) =>
        Array.from({ length: count }, () =>
          rectangle(dice.int(-600, 1600), dice.int(-600, 1600), dice.int(0, 400)),
        )
      s.board.add(some(dice.pick([0, 10, 120])))
      let leftOut: ReadonlySet<ShapeId> = new Set()
      for (let step = 0; step < 60; step++) {
        const known = [...s.board.shapes()].map(({ id }) => id)
        const few = known.filter(() => dice.chance(0.05))
        const from = { x: 0, y: 0, width: 1, height: 1 }
        const deeds = [
          () => s.board.add(some(dice.pick([1, 1, 3, 80]))),
          () => s.board.stretch(few, { from, to: { ...from, x: dice.int(-300, 300) } }),
          () => s.board.remove(few),
          () => s.board.reorder(few, dice.pick(['front', 'forward', 'backward', 'back'] as const)),
          () => s.board.history.undo(),
          () => {
            leftOut = new Set(dice.chance(0.5) ? few : [])
            s.painter.leaveOut(leftOut)
          },
          () => {
            s.view.scale = dice.pick([0.5, 1, 1, 2])
            s.view.left = dice.int(-2, 2)
            s.view.right = s.view.left + dice.int(0, 2)
          },
        ]
        dice.pick(deeds)()
        if (dice.chance(0.7)) s.frame(dice.pick([1, 5, 40]))
      }
      for (let left = 10_000; s.frame(50); left--) if (left === 0) throw new Error('never done')
      const { found, wanted } = s.compare(leftOut)
      expect(found).toEqual(wanted)
      expect(s.painter.pending(s.places(), s.view.scale)).toEqual([])
    }
  })

  test('[B27] however many shapes a tile has, a frame paints what it may, and one at least', () => {
    const s = stage()
    s.board.add(Array.from({ length: 1000 }, (_, i) => rectangle(i % 400, i % 300)))
    for (const budget of [1, 7, 100]) {
      const before = s.easel.painted
      expect(s.frame(budget)).toBe(true)
      expect(s.easel.painted - before).toBe(budget)
    }
  })

  test('[B27] a tile is finished although the board changes in every frame', () => {
    const s = stage()
    s.view.right = 0
    s.view.bottom = 0
    const [moved] = s.board.add(Array.from({ length: 1000 }, () => rectangle(100, 100)))
    const from = { x: 0, y: 0, width: 1, height: 1 }
    let frames = 0
    for (; s.tiles.find(0, 0, 1)?.surface == null; frames++) {
      s.frame(50)
      s.board.stretch([moved!], { from, to: { ...from, x: frames % 2 ? 1 : -1 } })
      expect(frames).toBeLessThan(30)
    }
    expect(frames).toBeGreaterThan(10)
  })

  test('[B28] a tile shows what it did until its new painting is finished', () => {
    const s = stage()
    const ids = s.board.add(Array.from({ length: 100 }, () => rectangle(100, 100)))
    while (s.frame());
    s.board.remove(ids.slice(0, 50))
    while (s.frame(20)) {
      expect([0, 100, 50]).toContain(idsOn(s.tiles.find(0, 0, 1)?.surface).size)
    }
    expect(idsOn(s.tiles.find(0, 0, 1)?.surface).size).toBe(50)
  })

  test('[B28] what lies elsewhere in the tile is not painted again', () => {
    const s = stage()
    s.board.add(Array.from({ length: 100 }, () => rectangle(300, 300)))
    const [id] = s.board.add([rectangle(10, 10, 50)])
    while (s.frame());
    s.board.change(new Map([[id!, { look: { ...look, colour: 3 } }]]))
    const before = s.easel.painted
    while (s.frame());
    expect(s.easel.painted - before).toBe(1)
  })

  test('[B28] what is in view comes before what is around it', () => {
    const s = stage()
    s.board.add(Array.from({ length: 40 }, (_, i) => rectangle(-500 + (i % 8) * 300, i * 20)))
    while (s.frame(3));
    expect(new Set(s.shown.slice(0, 4))).toEqual(new Set(['0 0', '1 0', '0 1', '1 1']))
    expect(s.shown.length).toBe(16)
  })

  test('[B29] a shape on top of its place is on the finished tiles in the same frame', () => {
    const s = stage()
    s.board.add(Array.from({ length: 500 }, () => rectangle(400, 100)))
    while (s.frame());
    const before = s.easel.painted
    const [id] = s.board.add([rectangle(450, 100, 120)])
    s.frame(0)
    expect(idsOn(s.tiles.find(0, 0, 1)?.surface)).toContain(id)
    expect(idsOn(s.tiles.find(1, 0, 1)?.surface)).toContain(id)
    expect(s.easel.painted - before).toBe(2)
    const { found, wanted } = s.compare()
    expect(found).toEqual(wanted)
  })

  test('[B29] also on one that is being painted', () => {
    const s = stage()
    s.board.add(Array.from({ length: 100 }, () => rectangle(100, 100)))
    s.frame(30)
    s.board.add([rectangle(120, 120)])
    while (s.frame(30));
    const { found, wanted } = s.compare()
    expect(found).toEqual(wanted)
  })

  test('[B29] a shape that comes back below others does not lie on top of them', () => {
    const s = stage()
    const [below] = s.board.add([rectangle(100, 100)])
    s.board.add([rectangle(150, 150)])
    s.board.remove([below!])
    while (s.frame());
    s.board.history.undo()
    while (s.frame());
    const { found, wanted } = s.compare()
    expect(idsOn(s.tiles.find(0, 0, 1)?.surface)).toContain(below)
    expect(found).toEqual(wanted)
  })

  test('[B26] what was begun and left is begun again when it comes into view', () => {
    const s = stage()
    const ids = s.board.add(Array.from({ length: 50 }, () => rectangle(100, 100)))
    while (s.frame());
    s.board.remove(ids.slice(10))
    s.frame(5)
    Object.assign(s.view, { left: 10, right: 11 })
    while (s.frame());
    Object.assign(s.view, { left: 0, right: 1 })
    while (s.frame());
    const { found, wanted } = s.compare()
    expect(found).toEqual(wanted)
  })

  test('[B26] tiles of another zoom learn of what came while they were not shown', () => {
    const s = stage()
    s.board.add([rectangle(100, 100)])
    while (s.frame());
    s.view.scale = 2
    while (s.frame());
    s.board.add([rectangle(120, 120)])
    while (s.frame());
    s.view.scale = 1
    while (s.frame());
    const { found, wanted } = s.compare()
    expect(found).toEqual(wanted)
  })
})
