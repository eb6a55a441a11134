import { describe, expect, test } from 'vitest'
import { overlap } from '../../../client/whiteboard/geometry/box.ts'
import { dotSpacing } from '../../../client/whiteboard/render/dots.ts'
import { seenFrom, sightOf } from '../../../client/whiteboard/render/sight.ts'
import {
  boxOfTile,
  fromTheMiddle,
  keyOf,
  pixelsUnder,
  TILE,
  tilesUnder,
} from '../../../client/whiteboard/render/tile-grid.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'

describe('[B26] the grid of tiles', () => {
  const seed = seedOfRun()
  test(`covers a view, and every tile of it touches the view (SEED=${seed})`, () => {
    const dice = new Seeded(seed)
    for (let round = 0; round < 300; round++) {
      const zoom = dice.pick([0.1, 0.37, 1, 2.5, 30])
      const camera = { x: (dice.next() - 0.5) * 1e6, y: (dice.next() - 0.5) * 1e6, zoom }
      const view = { width: dice.int(1, 2500), height: dice.int(1, 1500) }
      const sight = sightOf(camera, view, dice.pick([1, 1.25, 2]))
      const seen = seenFrom(sight)
      const places = fromTheMiddle(tilesUnder(seen, sight.scale))
      let [left, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
      for (const [column, row] of places) {
        expect(overlap(boxOfTile(column, row, sight.scale), seen)).toBe(true)
        left = Math.min(left, column * TILE)
        right = Math.max(right, (column + 1) * TILE)
      }
      expect(left).toBeLessThanOrEqual(sight.left)
      expect(right).toBeGreaterThanOrEqual(sight.left + sight.width)
    }
  })

  test('has a key of its own for every tile that a board can reach', () => {
    const places = [0, 1, -1, 511, -512, 1e6, -1e6]
    const keys = places.flatMap((column) => places.map((row) => keyOf(column, row)))
    expect(new Set(keys).size).toBe(places.length ** 2)
    expect(keys.every(Number.isSafeInteger)).toBe(true)
  })

  test('begins in the middle, where people look', () => {
    const [first, ...others] = fromTheMiddle({ left: -1, top: 4, right: 1, bottom: 6 })
    expect(first).toEqual([0, 5])
    expect(others).toHaveLength(8)
  })

  test.each([1e300, Number.POSITIVE_INFINITY, Number.NaN])(
    'ends, however far away the view is: %d',
    (x) => {
      const range = tilesUnder({ x, y: 0, width: 1000, height: 1000 }, 1)
      expect(fromTheMiddle(range).length).toBeLessThan(64 * 64)
    },
  )

  test('knows the pixels of a tile under a box, and those around for soft edges', () => {
    const box = { x: 500, y: 10.2, width: 100, height: 5 }
    expect(pixelsUnder(box, 0, 0, 1)).toEqual({ x: 499, y: 9, width: 13, height: 8 })
    expect(pixelsUnder(box, 1, 0, 1)).toEqual({ x: 0, y: 9, width: 89, height: 8 })
    expect(pixelsUnder(box, 3, 0, 1)).toBeNull()
  })

  test('[B26] the dots of the paper stand 18 to 36 pixels apart at any zoom', () => {
    for (let zoom = 0.1; zoom < 30; zoom *= 1.07) {
      const apart = dotSpacing(zoom) * zoom
      expect(apart).toBeGreaterThanOrEqual(18)
      expect(apart).toBeLessThan(36)
    }
    expect(dotSpacing(1)).toBe(24)
  })
})
