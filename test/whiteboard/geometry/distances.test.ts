import { describe, expect, test } from 'vitest'
import { distanceToEllipse } from '../../../client/whiteboard/geometry/ellipse.ts'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import { distanceToSegment } from '../../../client/whiteboard/geometry/segment.ts'
import { Seeded } from '../../support/seeded.ts'

/** The nearest of many points. */
const nearest = ([x, y]: Point, edge: (t: number) => Point): number => {
  let least = Number.POSITIVE_INFINITY
  for (let at = 0; at <= 20_000; at++) {
    const [ex, ey] = edge(at / 20_000)
    least = Math.min(least, Math.hypot(x - ex, y - ey))
  }
  return least
}

describe('[B23] distances', () => {
  test('to a segment: to its ends beyond them, to a point if it is one', () => {
    expect(distanceToSegment([5, 3], [0, 0], [10, 0])).toBe(3)
    expect(distanceToSegment([-3, 4], [0, 0], [10, 0])).toBe(5)
    expect(distanceToSegment([3, 4], [0, 0], [0, 0])).toBe(5)
  })

  test('to an ellipse: as near as the nearest of many points of its edge', () => {
    const dice = new Seeded(4)
    for (let nth = 0; nth < 120; nth++) {
      const [a, b] = [dice.next() * 300 + 1, dice.next() * 300 + 1]
      const point: Point = [(dice.next() - 0.5) * 900, (dice.next() - 0.5) * 900]
      const turn = 2 * Math.PI
      const dumb = nearest(point, (t) => [a * Math.cos(t * turn), b * Math.sin(t * turn)])
      expect(Math.abs(distanceToEllipse(point, [a, b]) - dumb)).toBeLessThan(0.5)
    }
  })

  test('to an ellipse without extent, from its middle, and at the far end of a large one', () => {
    expect(distanceToEllipse([3, 4], [0, 0])).toBe(5)
    expect(distanceToEllipse([13, 0], [10, 0])).toBe(3)
    expect(distanceToEllipse([0, 0], [10, 10])).toBeCloseTo(10)
    expect(distanceToEllipse([0, 0], [10, 4])).toBeCloseTo(4, 1)
    expect(distanceToEllipse([5e6 + 7, 0], [5e6, 3e6])).toBeCloseTo(7, 1)
  })
})
