import { describe, expect, test } from 'vitest'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import { placesAtEdge } from '../../../client/whiteboard/people/edge-places.ts'
import { initialsOf } from '../../../client/whiteboard/people/initials.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'

const VIEW = { width: 1_000, height: 600 }
const INSETS = { top: 60, right: 10, bottom: 80, left: 10 }
const places = (...points: Point[]) =>
  placesAtEdge(
    points.map((point, n) => [n, point] as const),
    VIEW,
    INSETS,
    8,
  )

describe('people outside of the view', () => {
  test('[B69] who is in the view gets no place', () => {
    expect(places([0, 0], [1_000, 600], [500, 300])).toEqual([])
  })

  test('[B69] a place lies on the edge, on the way to where they are, and points there', () => {
    const [east] = places([5_000, 290])
    expect(east).toEqual({ who: 0, at: [990, 290], angle: 0 })
    const [north] = places([500, -5_000])
    expect(north?.at).toEqual([500, 60])
    expect(north?.angle).toBeCloseTo(-Math.PI / 2)
    const [corner] = places([-9_500, 10_290])
    expect(corner?.at[1]).toBe(520)
    expect(corner?.at[0]).toBeCloseTo(270)
  })

  test('[B69] the nearest eight, and of those no more at one edge than fit', () => {
    const near = Array.from({ length: 12 }, (_, n): Point => [1_010 + n, 300])
    expect(
      places(...near)
        .map(({ who }) => who)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    const above = Array.from({ length: 12 }, (_, n): Point => [500, -10 - n])
    expect(
      places(...above)
        .map(({ who }) => who)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('[B69] none on top of another, all between the bars, also in the corners', () => {
    const seed = seedOfRun()
    const random = new Seeded(seed)
    for (let run = 0; run < 1_000; run += 1) {
      const points = Array.from({ length: random.int(1, 30) }, (): Point => {
        const angle = run % 2 === 0 ? random.next() * 7 : 0.5 + random.next() * 0.1
        return [500 + 3_000 * Math.cos(angle), 290 + 3_000 * Math.sin(angle)]
      })
      const standing = places(...points)
      const where = `seed ${seed}, run ${run}: ${JSON.stringify(standing)}`
      expect(standing.length, where).toBeGreaterThan(0)
      for (const { at, who } of standing) {
        const isBetween = at[0] > 9.9 && at[0] < 990.1 && at[1] > 59.9 && at[1] < 520.1
        expect(isBetween, where).toBe(true)
        for (const other of standing) {
          if (other.who === who) continue
          const [dx, dy] = [Math.abs(other.at[0] - at[0]), Math.abs(other.at[1] - at[1])]
          expect(dx > 169 || dy > 39, where).toBe(true)
        }
      }
    }
  })
})

describe('initials', () => {
  test.each([
    ['Quiet Heron', 'QH'],
    ['ada', 'A'],
    ['Ada King Lovelace', 'AL'],
    ['👩‍👩‍👧‍👦 family', '👩‍👩‍👧‍👦F'],
    ['é', 'É'],
  ])('[B69] of %s: %s', (name, initials) => {
    expect(initialsOf(name)).toBe(initials)
  })
})
