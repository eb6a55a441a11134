import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { unpackInk } from '../../../client/whiteboard/model/ink.ts'
import { openBoard } from '../../../client/whiteboard/model/open-board.ts'
import { seed } from '../../../client/whiteboard/showoff/sunflower.ts'
import { Seeded } from '../../support/seeded.ts'

describe('[B85] the sunflower', () => {
  test('is 5,000 shapes of every kind but text that the board understands', () => {
    const seeded = new Seeded(1)
    const random = () => seeded.next()
    const board = openBoard(new Y.Doc())
    board.add(Array.from({ length: 5_000 }, (_, n) => seed(n, [100, -100], random)))
    expect(board.count).toBe(5_000)
    const shapes = [...board.shapes()]
    const kinds = new Set(shapes.map(({ kind }) => kind))
    expect([...kinds].sort()).toEqual(['arrow', 'ellipse', 'note', 'pen', 'rectangle'])
    for (const shape of shapes) {
      if (shape.kind === 'pen') expect(unpackInk(shape.ink)?.length).toBeGreaterThan(5)
    }
    board.close()
  })

  test('is round, about its centre, with nothing on top of the middle of another', () => {
    const seeded = new Seeded(2)
    const random = () => seeded.next()
    const middles = Array.from({ length: 500 }, (_, n) => {
      const { kind, at, size } = seed(n, [1_000, 1_000], random)
      // An arrow begins in its middle.
      return kind === 'arrow' ? at : [at[0] + size[0] / 2, at[1] + size[1] / 2]
    })
    const apart: number[] = []
    for (const [n, [x = 0, y = 0]] of middles.entries()) {
      expect(Math.hypot(x - 1_000, y - 1_000)).toBeLessThan(36 * Math.sqrt(501) + 40)
      for (const [otherX = 0, otherY = 0] of middles.slice(0, n)) {
        apart.push(Math.hypot(x - otherX, y - otherY))
      }
    }
    expect(apart.reduce((least, each) => Math.min(least, each))).toBeGreaterThan(25)
  })
})
