import { describe, expect, test } from 'vitest'
import { paintingOf } from '../../../client/whiteboard/scene/paint.ts'
import { Seeded } from '../../support/seeded.ts'
import { measure, PLAIN, stroke, way } from './drawn.ts'
import { flattened, isFilled } from './path.ts'

const straight = (pressure: number, step = 4) =>
  Array.from({ length: 60 }, (_, at) => [at * step, 0, pressure])

/** How high the ink stands at the middle of a straight stroke. */
function thickness(points: readonly (readonly number[])[]): number {
  const one = stroke(points, {}, 0.015625)
  const ways = paintingOf(one, measure).parts.flatMap(({ d }) => flattened(d))
  const middle = one.size[0] / 2
  let rows = 0
  for (let y = -10; y < 10; y += 0.05) if (isFilled(ways, [middle, y])) rows++
  return rows * 0.05
}

describe('[B18] a pen', () => {
  test('that feels its pressure draws thicker when it is pressed', () => {
    const [soft, firm] = [thickness(straight(0.2)), thickness(straight(0.9))]
    expect(soft).toBeGreaterThan(0.5)
    expect(firm).toBeGreaterThan(1.5 * soft)
  })

  test('that feels none draws thicker when it is slow', () => {
    const [fast, slow] = [thickness(straight(0.5, 12)), thickness(straight(0.5, 1))]
    expect(fast).toBeGreaterThan(0.5)
    expect(slow).toBeGreaterThan(1.3 * fast)
  })

  test('leaves a dot where it only touches', () => {
    for (const kind of ['pen', 'highlighter'] as const) {
      for (const points of [
        [[7, 7]],
        [
          [7, 7],
          [7, 7],
          [7, 7],
        ],
      ]) {
        const [part] = paintingOf(stroke(points, { kind }), measure).parts
        const xs = flattened(part!.d)
          .flat()
          .map(([x]) => x)
        expect(Math.max(...xs) - Math.min(...xs) + (part!.stroke?.width ?? 0)).toBeGreaterThan(3)
      }
    }
  })

  test('fills what it went along, there and back at once, too', () => {
    const shading = Array.from({ length: 30 }, (_, at) => [(at % 2) * 80, at * 6])
    const one = stroke(shading, { look: { ...PLAIN, size: 2 } })
    const ways = paintingOf(one, measure).parts.flatMap(({ d }) => flattened(d))
    for (let at = 4; at < 25; at++) expect(isFilled(ways, [40, at * 6 + 1.5])).toBe(true)
  })

  test('is outlined in bounded bytes, however wildly it was moved', () => {
    const wild = Array.from({ length: 20_000 }, (_, at) => [(at % 2) * 900, at % 700, 0.3])
    const smooth = way(new Seeded(3), 20_000)
    for (const points of [wild, smooth]) {
      const bytes = paintingOf(stroke(points), measure).parts.reduce(
        (sum, { d }) => sum + d.length,
        0,
      )
      expect(bytes).toBeGreaterThan(1_000)
      expect(bytes).toBeLessThan(1_500_000)
    }
  })
})

describe('[B19] a stroke', () => {
  test('that was moved or coloured is painted by the same object', () => {
    const one = stroke(way(new Seeded(1), 80))
    const painting = paintingOf(one, measure)
    expect(paintingOf({ ...one, at: [5, 5] }, measure)).toBe(painting)
    expect(paintingOf({ ...one, look: { ...one.look, colour: 3 } }, measure)).toBe(painting)
  })

  test('that was resized or made thicker is not', () => {
    const one = stroke(way(new Seeded(1), 80))
    const painting = paintingOf(one, measure)
    const wider = paintingOf({ ...one, size: [one.size[0] * 2, one.size[1]] }, measure)
    expect(wider).not.toBe(painting)
    const xs = flattened(wider.parts[0]!.d)
      .flat()
      .map(([x]) => x)
    expect(Math.max(...xs)).toBeGreaterThan(one.size[0] * 1.9)
    expect(paintingOf({ ...one, look: { ...one.look, size: 3 } }, measure)).not.toBe(painting)
  })
})
