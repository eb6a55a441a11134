import { describe, expect, test } from 'vitest'
import { TileCache } from '../../../client/whiteboard/render/tile-cache.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'

/** A cache that makes numbered surfaces, and paints a tile by giving it one. */
function stage(most: number) {
  let made = 0
  const tiles = new TileCache(() => ++made, most)
  return {
    tiles,
    made: () => made,
    paint(column: number, scale = 1) {
      const tile = tiles.need(column, 0, scale)
      tile.surface ??= tiles.take()
      return tile
    },
    surfaces: () => [...tiles.all()].flatMap(({ surface }) => surface ?? []),
  }
}

describe('[B33] the tiles that are kept', () => {
  test('are so many and no more; who was not needed for the longest time goes', () => {
    const s = stage(3)
    for (const column of [0, 1, 2, 3, 4]) {
      s.tiles.begin(1)
      s.tiles.find(0, 0, 1)
      s.paint(column)
    }
    expect(s.made()).toBe(3)
    expect([...s.tiles.all()].map(({ column }) => column)).toEqual([0, 3, 4])
  })

  test('are as many as a frame needs, even if those are more', () => {
    const s = stage(3)
    s.tiles.begin(1)
    for (const column of [0, 1, 2, 3, 4]) s.paint(column)
    expect(s.surfaces()).toHaveLength(5)
  })

  test('are those of the present zoom and of the three before it', () => {
    const s = stage(100)
    for (const scale of [1, 2, 3, 1, 4, 5]) {
      s.tiles.begin(scale)
      s.paint(0, scale)
    }
    expect([...s.tiles.all()].map(({ scale }) => scale)).toEqual([3, 1, 4, 5])
    expect([...s.tiles.oldLevels()].map((level) => [...level][0]?.scale)).toEqual([4, 1, 3])
  })

  const seed = seedOfRun()
  test(`never share a surface, nor lose one (SEED=${seed})`, () => {
    const dice = new Seeded(seed)
    const s = stage(8)
    for (let step = 0; step < 2000; step++) {
      const scale = dice.pick([1, 2, 4, 8, 16, 32])
      if (dice.chance(0.3)) s.tiles.begin(scale)
      const tile = s.paint(dice.int(0, 20), scale)
      if (dice.chance(0.1)) s.tiles.drop(tile)
      if (dice.chance(0.01)) s.tiles.clear()
      if (dice.chance(0.2)) s.tiles.giveBack(s.tiles.take())
      expect(new Set(s.surfaces()).size).toBe(s.surfaces().length)
    }
    // A frame that needs all it paints has at most this many at once.
    expect(s.made()).toBeLessThan(8 + 6 * 21)
  })
})
