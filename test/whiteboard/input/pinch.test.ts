import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Camera,
  LEAST_ZOOM,
  MOST_ZOOM,
  toBoard,
} from '../../../client/whiteboard/editor/camera.ts'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import { type Fingers, middle, pinched } from '../../../client/whiteboard/input/pinch.ts'
import { turned, type WheelTurn } from '../../../client/whiteboard/input/wheel-turn.ts'
import { seedOfRun } from '../../support/seeded.ts'

const seed = seedOfRun()
const between = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const place = fc.tuple(between(0, 2_000), between(0, 2_000))
const fingers: fc.Arbitrary<Fingers> = fc.tuple(place, place)
const camera: fc.Arbitrary<Camera> = fc.record({
  x: between(-1e5, 1e5),
  y: between(-1e5, 1e5),
  zoom: between(LEAST_ZOOM, MOST_ZOOM),
})
const view = { width: 1_000, height: 800 }

const near = (a: Point, b: Point) => {
  expect(a[0]).toBeCloseTo(b[0], 4)
  expect(a[1]).toBeCloseTo(b[1], 4)
}

describe('[B49] two fingers', () => {
  test('what lies under their middle stays there, and zoom stays in its bounds', () => {
    fc.assert(
      fc.property(camera, fingers, fingers, (before, from, to) => {
        const after = pinched(before, from, to)
        near(toBoard(middle(to), after), toBoard(middle(from), before))
        expect(after.zoom).toBeGreaterThanOrEqual(LEAST_ZOOM)
        expect(after.zoom).toBeLessThanOrEqual(MOST_ZOOM)
      }),
      { seed },
    )
  })

  test('zoom as far as they spread', () => {
    const at = { x: 10, y: 20, zoom: 1 }
    const after = pinched(
      at,
      [
        [100, 100],
        [200, 100],
      ],
      [
        [50, 100],
        [250, 100],
      ],
    )
    expect(after.zoom).toBe(2)
    expect(toBoard([150, 100], after)).toEqual([160, 120])
  })

  test('moving alike only move the board', () => {
    fc.assert(
      fc.property(camera, fingers, place, (before, [a, b], [dx, dy]) => {
        const after = pinched(
          before,
          [a, b],
          [
            [a[0] + dx, a[1] + dy],
            [b[0] + dx, b[1] + dy],
          ],
        )
        expect(after.zoom).toBeCloseTo(before.zoom, 6)
        near(toBoard([a[0] + dx, a[1] + dy], after), toBoard(a, before))
      }),
      { seed },
    )
  })

  test('on one spot do not make zoom leap', () => {
    const at = { x: 0, y: 0, zoom: 1 }
    const after = pinched(
      at,
      [
        [100, 100],
        [100, 100],
      ],
      [
        [100, 100],
        [101, 100],
      ],
    )
    expect(after.zoom).toBe(1)
  })
})

describe('[B50] the wheel', () => {
  const turn = (parts: Partial<WheelTurn>): WheelTurn => ({
    deltaX: 0,
    deltaY: 0,
    deltaMode: 0,
    shiftKey: false,
    zooms: false,
    at: [300, 200],
    ...parts,
  })
  const start = { x: 0, y: 0, zoom: 2 }

  test('moves the board by pixels, lines or pages', () => {
    expect(turned(start, turn({ deltaX: 10, deltaY: 100 }), view)).toEqual({ x: 5, y: 50, zoom: 2 })
    expect(turned(start, turn({ deltaY: 3, deltaMode: 1 }), view)).toEqual({ x: 0, y: 30, zoom: 2 })
    expect(turned(start, turn({ deltaY: 1, deltaMode: 2 }), view).y).toBe(400)
  })

  test('with Shift moves it sideways, once', () => {
    const sideways = { x: 50, y: 0, zoom: 2 }
    expect(turned(start, turn({ deltaY: 100, shiftKey: true }), view)).toEqual(sideways)
    // A Mac has turned it already.
    expect(turned(start, turn({ deltaX: 100, shiftKey: true }), view)).toEqual(sideways)
  })

  test('with Ctrl zooms at the pointer, in bounds, whatever it says', () => {
    fc.assert(
      fc.property(
        camera,
        place,
        fc.oneof(between(-1e6, 1e6), fc.constantFrom(NaN, Infinity, -Infinity)),
        fc.integer({ min: 0, max: 4 }),
        (before, at, deltaY, deltaMode) => {
          const after = turned(before, turn({ deltaY, deltaMode, at, zooms: true }), view)
          near(toBoard(at, after), toBoard(at, before))
          expect(after.zoom).toBeGreaterThanOrEqual(LEAST_ZOOM)
          expect(after.zoom).toBeLessThanOrEqual(MOST_ZOOM)
        },
      ),
      { seed },
    )
    const [closer, further] = [-120, 120].map((deltaY) =>
      turned(start, turn({ deltaY, zooms: true }), view),
    )
    expect(closer?.zoom).toBeGreaterThan(2.2)
    expect(closer?.zoom).toBeLessThan(2.6)
    expect(further?.zoom).toBeLessThan(1.8)
  })
})
