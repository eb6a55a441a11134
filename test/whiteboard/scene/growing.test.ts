import { describe, expect, test } from 'vitest'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import type { LiveStroke } from '../../../client/whiteboard/model/board.ts'
import type { InkPoint } from '../../../client/whiteboard/model/ink-point.ts'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { liveOutline, paintingOf } from '../../../client/whiteboard/scene/paint.ts'
import type { Part } from '../../../client/whiteboard/scene/painting.ts'
import { spineOf } from '../../../client/whiteboard/scene/spine.ts'
import { Seeded } from '../../support/seeded.ts'
import { measure, PLAIN, stroke, way } from './drawn.ts'
import { flattened, isFilled } from './path.ts'

const UNIT = 0.25

/** What others see of a stroke while it is drawn. */
class Growth {
  readonly #points: InkPoint[]
  readonly #id: string
  readonly #kind: 'pen' | 'highlighter'

  constructor(id: string, points: readonly (readonly number[])[], kind: 'pen' | 'highlighter') {
    const grid = (value = 0) => Math.round(value / UNIT) * UNIT
    this.#points = points.map(([x, y, pressure = 0.5]): InkPoint => [grid(x), grid(y), pressure])
    this.#id = id
    this.#kind = kind
  }

  get at(): Point {
    const [x = 0, y = 0] = this.#points[0] ?? []
    return [x, y]
  }

  after(count: number): LiveStroke {
    const [left, top] = this.at
    return {
      id: this.#id as ShapeId,
      by: 1,
      kind: this.#kind,
      look: PLAIN,
      at: this.at,
      points: this.#points.slice(0, count).map(([x, y, p]): InkPoint => [x - left, y - top, p]),
    }
  }
}

const joined = (parts: readonly Part[]) => parts.flatMap(({ d }) => flattened(d))

describe('[B20] a growing stroke', () => {
  test.each([
    ['mouse', () => 0.5],
    ['pen', (at: number) => 0.5 + 0.4 * Math.sin(at / 20)],
  ])('of a %s looks as it will when it is done', { timeout: 60_000 }, (name, pressure) => {
    const dice = new Seeded(11)
    let [asked, unlike, gaps] = [0, 0, 0]
    for (let round = 0; round < 3; round++) {
      const points = way(dice, 500).map((point, at) => [...point, pressure(at)])
      const growth = new Growth(`${name}${round}`, points, 'pen')
      for (let count = 1; count < 500; count += dice.int(1, 5)) liveOutline(growth.after(count))
      const parts = liveOutline(growth.after(500))
      expect(parts.length).toBeGreaterThan(4)

      const done = stroke(points)
      const [live, final] = [joined(parts), joined(paintingOf(done, measure).parts)]
      const [dx, dy] = [done.at[0] - growth.at[0], done.at[1] - growth.at[1]]
      const spine = spineOf(done)
      for (let at = 0; at < spine.length; at += 9) {
        const [x = 0, y = 0, radius = 0] = spine.subarray(at)
        for (const share of [0, 0.6, 1.5, 2.5]) {
          const angle = dice.next() * 7
          const px = x + Math.cos(angle) * radius * share
          const py = y + Math.sin(angle) * radius * share
          const isInked = isFilled(final, [px, py])
          asked++
          if (isFilled(live, [px + dx, py + dy]) !== isInked) unlike++
          if (share === 0 && !isInked) gaps++
        }
      }
    }
    // A hair at the edge of a sharp turn.
    expect(unlike / asked).toBeLessThan(0.003)
    expect(gaps / asked).toBeLessThan(0.003)
  })

  test('costs what is new: what is done stays the same objects, and the open end is short', () => {
    const growth = new Growth('long', way(new Seeded(5), 10_000), 'pen')
    let before: readonly Part[] = []
    for (let count = 50; count <= 10_000; count += 50) {
      const parts = liveOutline(growth.after(count))
      expect(parts.length).toBeGreaterThanOrEqual(before.length)
      before.slice(0, -1).forEach((part, at) => {
        expect(parts[at]).toBe(part)
      })
      expect(parts.at(-1)!.d.length).toBeLessThan(30_000)
      before = parts
    }
    expect(before.length).toBeGreaterThan(50)
  })

  test('is asked for once per change, and begins anew where another stroke has its name', () => {
    const growth = new Growth('name', way(new Seeded(6), 300), 'highlighter')
    const now = growth.after(300)
    expect(liveOutline(now)).toBe(liveOutline(now))
    const other = new Growth('name', way(new Seeded(8), 400), 'highlighter')
    const fresh = new Growth('unused', way(new Seeded(8), 400), 'highlighter')
    expect(liveOutline(other.after(400))).toEqual(liveOutline(fresh.after(400)))
  })

  test('of a pen that feels pressure only later is outlined as one from its start', () => {
    const late = way(new Seeded(9), 400).map((point, at) => [...point, at < 250 ? 0.5 : 0.8])
    const growth = new Growth('late', late, 'pen')
    liveOutline(growth.after(240))
    const whole = new Growth('whole', late, 'pen')
    expect(liveOutline(growth.after(400))).toEqual(liveOutline(whole.after(400)))
  })

  test('nothing is nothing, one point is a dot', () => {
    const growth = new Growth('dot', [[3, 3]], 'pen')
    expect(liveOutline(growth.after(0))).toEqual([])
    expect(isFilled(joined(liveOutline(growth.after(1))), [0, 0])).toBe(true)
  })
})
