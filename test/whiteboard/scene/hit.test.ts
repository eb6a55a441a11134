import { describe, expect, test } from 'vitest'
import { contains, grown } from '../../../client/whiteboard/geometry/box.ts'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import { boundsOf } from '../../../client/whiteboard/scene/bounds.ts'
import { hits } from '../../../client/whiteboard/scene/hit.ts'
import { paintingOf } from '../../../client/whiteboard/scene/paint.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { anyShape, measure, PLAIN, shape, stroke } from './drawn.ts'
import { flattened } from './path.ts'

describe('[B23] one hits', () => {
  test('a hollow frame by its edge only, a filled one anywhere', () => {
    for (const kind of ['rectangle', 'ellipse'] as const) {
      const hollow = shape({ kind, at: [10, 10], size: [100, 60] })
      const filled = shape({ kind, at: [10, 10], size: [100, 60], look: { ...PLAIN, fill: 1 } })
      const hit = (point: Point, reach = 2) =>
        [hollow, filled].map((one) => hits(one, point, reach, measure))
      expect(hit([60, 40])).toEqual([false, true])
      expect(hit([60, 11])).toEqual([true, true])
      expect(hit([109, 40])).toEqual([true, true])
      expect(hit([112, 40])).toEqual([true, true])
      expect(hit([116, 40])).toEqual([false, false])
      expect(hit([60, 40], 40)).toEqual([true, true])
    }
  })

  test('the corner of a rectangle, but not that of the box around an ellipse', () => {
    const hit = (kind: 'rectangle' | 'ellipse') =>
      hits(shape({ kind, look: { ...PLAIN, fill: 2 } }), [1, 1], 0, measure)
    expect(hit('rectangle')).toBe(true)
    expect(hit('ellipse')).toBe(false)
  })

  test('a line along its way, an arrow at its head, too', () => {
    const line = shape({ kind: 'line', at: [0, 0], size: [-100, 100] })
    const arrow = shape({ kind: 'arrow', at: [0, 0], size: [-100, 100] })
    expect(hits(line, [-50, 52], 2, measure)).toBe(true)
    expect(hits(line, [-50, 80], 2, measure)).toBe(false)
    const [x, y] = flattened(paintingOf(arrow, measure).parts[0]!.d)[1]![0]!
    expect(hits(line, [x, y], 2, measure)).toBe(false)
    expect(hits(arrow, [x, y], 2, measure)).toBe(true)
  })

  test('a stroke by its ink, further away with more reach, the wider the further', () => {
    const points = Array.from({ length: 40 }, (_, at) => [at * 5, 0])
    const pen = stroke(points)
    expect(hits(pen, [100, 1], 0, measure)).toBe(true)
    expect(hits(pen, [100, 6], 0, measure)).toBe(false)
    expect(hits(pen, [100, 6], 6, measure)).toBe(true)
    const highlighter = stroke(points, { kind: 'highlighter' })
    expect(hits(highlighter, [100, 9], 0, measure)).toBe(true)
    expect(hits(highlighter, [100, 12], 0, measure)).toBe(false)
    expect(hits(stroke([[3, 3]]), [3, 4], 0, measure)).toBe(true)
  })

  test('a text and a note anywhere in their box', () => {
    const note = shape({ kind: 'note', size: [200, 200], text: '' })
    expect(hits(note, [3, 190], 0, measure)).toBe(true)
    const text = shape({ kind: 'text', size: [0, 0], text: 'word' })
    expect(hits(text, [30, 30], 0, measure)).toBe(true)
    expect(hits(text, [80, 30], 0, measure)).toBe(false)
  })

  const seed = seedOfRun()
  test(`what is painted, and nothing outside of bounds and reach (SEED=${seed})`, () => {
    const dice = new Seeded(seed)
    for (let nth = 0; nth < 600; nth++) {
      const one = anyShape(dice, 'any')
      const reach = dice.next() * 20
      const bounds = grown(boundsOf(one, measure), reach)
      const anywhere: Point = [
        bounds.x + (dice.next() * 1.4 - 0.2) * bounds.width,
        bounds.y + (dice.next() * 1.4 - 0.2) * bounds.height,
      ]
      if (hits(one, anywhere, reach, measure)) expect(contains(bounds, anywhere)).toBe(true)
      for (const { d } of paintingOf(one, measure).parts) {
        const ways = flattened(d)
        const [x, y] = dice.pick(ways.flat())
        const point: Point = [one.at[0] + x, one.at[1] + y]
        // Of curves three points are known. One in a stretched stroke may be as long as a screen.
        const near = 6 + 0.05 * Math.max(bounds.width, bounds.height)
        const story = JSON.stringify([{ ...one, ink: undefined }, point])
        expect(hits(one, point, near, measure), story).toBe(true)
      }
    }
  })
})
