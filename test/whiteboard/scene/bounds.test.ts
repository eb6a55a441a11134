import { describe, expect, test } from 'vitest'
import type { Box } from '../../../client/whiteboard/geometry/box.ts'
import type { Shape } from '../../../client/whiteboard/model/shape.ts'
import { boundsOf, frameOf } from '../../../client/whiteboard/scene/bounds.ts'
import { paintingOf } from '../../../client/whiteboard/scene/paint.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { anyShape, measure, PLAIN, shape, stroke, way } from './drawn.ts'
import { flattened } from './path.ts'

/** Around all that a canvas would paint of a shape, on the board. */
function painted(one: Shape): Box | null {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  const reach = (x: number, y: number, by: number) => {
    left = Math.min(left, x - by)
    top = Math.min(top, y - by)
    right = Math.max(right, x + by)
    bottom = Math.max(bottom, y + by)
  }
  const { parts, words } = paintingOf(one, measure)
  for (const { d, stroke: line } of parts) {
    for (const [x, y] of flattened(d).flat()) reach(x, y, (line?.width ?? 0) / 2)
  }
  for (const { text, x, y } of words?.lines ?? []) {
    if (text === '') continue
    reach(x, y - words!.size * 0.8, 0)
    reach(x + measure(text, words!.size), y + words!.size * 0.2, 0)
  }
  const [x, y] = one.at
  if (left > right) return null
  return { x: x + left, y: y + top, width: right - left, height: bottom - top }
}

describe('[B17] what a shape paints lies in its bounds', () => {
  const seed = seedOfRun()
  test(`of any shape there can be (SEED=${seed})`, () => {
    const dice = new Seeded(seed)
    for (let nth = 0; nth < 1_500; nth++) {
      const one = anyShape(dice, `s${nth}`)
      const paint = painted(one)
      if (paint === null) continue
      const bounds = boundsOf(one, measure)
      // Numbers at the far end of the board have no more than 9 digits behind the point.
      const slack = 1e-6 * (1 + Math.max(bounds.width, bounds.height) / 1e6)
      const story = JSON.stringify({ ...one, ink: undefined })
      expect(paint.x, story).toBeGreaterThanOrEqual(bounds.x - slack)
      expect(paint.y, story).toBeGreaterThanOrEqual(bounds.y - slack)
      expect(paint.x + paint.width, story).toBeLessThanOrEqual(bounds.x + bounds.width + slack)
      expect(paint.y + paint.height, story).toBeLessThanOrEqual(bounds.y + bounds.height + slack)
    }
  })

  test('of a mouse that creeps, whose line is as thick as any can be', () => {
    const look = { ...PLAIN, size: 3 }
    const one = stroke(
      Array.from({ length: 1_500 }, (_, at) => [at, 0]),
      { look },
      0.25,
    )
    const [bounds, paint] = [boundsOf(one, measure), painted(one)!]
    expect(paint.height).toBeGreaterThan(22)
    expect(bounds.height).toBeGreaterThanOrEqual(paint.height)
    expect(bounds.y).toBeLessThanOrEqual(paint.y)
  })

  test('and they are not much larger: by the width of the pen at most', () => {
    const dice = new Seeded(7)
    for (let nth = 0; nth < 50; nth++) {
      const one = stroke(way(dice, 60))
      const [bounds, paint] = [boundsOf(one, measure), painted(one)!]
      expect(bounds.width - paint.width).toBeLessThan(4 * 4.5)
      expect(bounds.height - paint.height).toBeLessThan(4 * 4.5)
    }
  })

  test('the frame of a selection is the shape without its lines, whichever way it runs', () => {
    const arrow = shape({ kind: 'arrow', at: [10, 20], size: [-30, 40] })
    expect(frameOf(arrow, measure)).toEqual({ x: -20, y: 20, width: 30, height: 40 })
    const text = shape({
      kind: 'text',
      at: [5, 5],
      size: [0, 0],
      text: 'four\nsixsix',
      look: PLAIN,
    })
    expect(frameOf(text, measure)).toEqual({ x: 5, y: 5, width: 84, height: 2 * 1.3 * 28 })
  })
})
