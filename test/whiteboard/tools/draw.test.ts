import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import { unpackInk } from '../../../client/whiteboard/model/ink.ts'
import type { Shape } from '../../../client/whiteboard/model/shape.ts'
import { Drawer } from './drawer.ts'

let ada: Drawer
beforeEach(() => {
  ada = new Drawer()
})
afterEach(() => ada.close())

const only = (): Shape => {
  expect(ada.shapes).toHaveLength(1)
  return ada.shapes[0]!
}
const WAY: readonly Point[] = [
  [10, 10],
  [40, 30],
  [110, 70],
]

describe('pen and highlighter', () => {
  test.each(['pen', 'highlighter'] as const)('[B38] a %s draws where it went and stays', (kind) => {
    ada.drag(kind, WAY)
    const stroke = only()
    expect(stroke.kind).toBe(kind)
    expect(stroke.at[0]).toBeCloseTo(10, 0)
    expect(stroke.at[1]).toBeCloseTo(10, 0)
    expect(stroke.size[0]).toBeCloseTo(100, 0)
    expect(stroke.size[1]).toBeCloseTo(60, 0)
    expect(ada.editor.tool.value).toBe(kind)
    expect(ada.selected).toEqual([])
    expect([...ada.board.live.strokes()]).toEqual([])
  })

  test('[B38] all positions of one frame count, and a click is a dot', () => {
    const gesture = ada.down('pen', [0, 0])
    gesture.move([ada.press([50, 80]), ada.press([100, 0])])
    gesture.up(ada.press([100, 0]))
    expect(only().size[1]).toBeCloseTo(80, 0)
    ada.click('pen', [300, 300])
    expect(ada.shapes).toHaveLength(2)
    expect(ada.steps).toBe(2)
  })

  test('[B38] lifting has no pressure and does not thin the end', () => {
    const gesture = ada.down('pen', [0, 0], { by: 'pen', pressure: 0.8 })
    gesture.move([ada.press([50, 0], { by: 'pen', pressure: 0.8 })])
    gesture.up(ada.press([90, 0], { by: 'pen', pressure: 0 }))
    const stroke = only()
    if (stroke.kind !== 'pen') throw new Error(stroke.kind)
    const points = unpackInk(stroke.ink)
    expect(points.at(-1)?.[0]).toBeCloseTo(90, 0)
    for (const [, , pressure] of points) expect(pressure).toBeCloseTo(0.8, 1)
  })

  test('[B38] the others see it grow', () => {
    const bob = new Drawer()
    ada.meet(bob)
    const gesture = ada.down('pen', [0, 0])
    expect([...bob.board.live.strokes()]).toHaveLength(1)
    gesture.move([ada.press([50, 0])])
    gesture.up(ada.press([50, 0]))
    expect([...bob.board.live.strokes()]).toHaveLength(0)
    expect(bob.shapes).toHaveLength(1)
    bob.close()
  })
})

describe('boxes and lines', () => {
  test.each(['rectangle', 'ellipse'] as const)('[B39] a %s between two corners', (kind) => {
    const gesture = ada.down(kind, [100, 100])
    gesture.move([ada.press([40, 130])])
    expect(ada.editor.draft.value).toMatchObject({ kind, at: [40, 100], size: [60, 30] })
    expect(ada.shapes).toEqual([])
    gesture.up(ada.press([20, 150]))
    expect(only()).toMatchObject({ kind, at: [20, 100], size: [80, 50] })
    expect(ada.editor.draft.value).toBeNull()
    expect(ada.selected).toEqual([only().id])
    expect(ada.editor.tool.value).toBe('select')
  })

  test('[B39] shift makes it a square, alt grows it from its centre', () => {
    const drawn = (held: { shift?: boolean; alt?: boolean }) => {
      ada.drag(
        'rectangle',
        [
          [100, 100],
          [40, 130],
        ],
        held,
      )
      const { at, size } = ada.shapes.at(-1)!
      return { at, size }
    }
    expect(drawn({ shift: true })).toEqual({ at: [40, 100], size: [60, 60] })
    expect(drawn({ alt: true })).toEqual({ at: [40, 70], size: [120, 60] })
    expect(drawn({ shift: true, alt: true })).toEqual({ at: [40, 40], size: [120, 120] })
  })

  test.each(['mouse', 'touch', 'keyboard'] as const)('[B39] a click by %s', (by) => {
    ada.click('ellipse', [500, 500], { by })
    expect(only()).toMatchObject({ at: [420, 450], size: [160, 100] })
    ada.click('line', [10, 10], { by })
    ada.click('arrow', [10, 10], { by })
    expect(ada.shapes).toHaveLength(1)
    expect(ada.editor.tool.value).toBe('arrow')
  })

  test('[B39] a finger that wanders a little still clicks, at every zoom', () => {
    ada.editor.camera.value = { x: 0, y: 0, zoom: 0.1 }
    ada.drag(
      'rectangle',
      [
        [500, 500],
        [550, 550],
      ],
      { by: 'touch' },
    )
    expect(only().size).toEqual([160, 100])
  })

  test('[B39] a line runs from press to release, also backwards', () => {
    ada.drag('arrow', [
      [100, 100],
      [30, 80],
    ])
    expect(only()).toMatchObject({ kind: 'arrow', at: [100, 100], size: [-70, -20] })
    expect(ada.selected).toEqual([only().id])
  })

  test('[B39] with shift a line turns by 15° and keeps its length', () => {
    const turned = (to: Point): Point => {
      ada.drag('line', [[0, 0], to], { shift: true })
      return ada.shapes.at(-1)!.size
    }
    expect(turned([100, 5])).toEqual([expect.closeTo(Math.hypot(100, 5), 1), 0])
    expect(turned([-3, 80])).toEqual([0, expect.closeTo(Math.hypot(3, 80), 1)])
    const [x, y] = turned([100, 60])
    expect(Math.atan2(y, x)).toBeCloseTo(Math.PI / 6, 3)
    expect(Math.hypot(x, y)).toBeCloseTo(Math.hypot(100, 60), 1)
  })

  test('[B36] each thing drawn is one step', () => {
    ada.drag('pen', WAY)
    ada.drag('rectangle', WAY)
    ada.drag('line', WAY)
    ada.click('note', [500, 500])
    expect(ada.steps).toBe(4)
  })
})

describe('the hand', () => {
  test('moves the board under the view, at any zoom, also while the wheel zooms', () => {
    ada.editor.camera.value = { x: 5, y: 5, zoom: 2 }
    const gesture = ada.down('hand', [0, 0])
    expect(ada.editor.mouse.value).toBe('grabbing')
    const start = ada.press([0, 0]).inView
    gesture.move([{ ...ada.press([0, 0]), inView: [start[0] + 20, start[1] - 10] }])
    expect(ada.editor.camera.value).toEqual({ x: -5, y: 10, zoom: 2 })
    ada.editor.camera.value = { x: -5, y: 10, zoom: 1 }
    gesture.up({ ...ada.press([0, 0]), inView: [start[0] + 30, start[1] - 10] })
    expect(ada.editor.camera.value).toEqual({ x: -15, y: 10, zoom: 1 })
    expect(ada.editor.mouse.value).toBe('grab')
  })
})
