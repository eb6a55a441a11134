import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HANDLES, handlesOf, sidesOf } from '../../../client/whiteboard/editor/handles.ts'
import { type Box, centreOf } from '../../../client/whiteboard/geometry/box.ts'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import { resized } from '../../../client/whiteboard/tools/resized.ts'
import { Seeded, seedOfRun } from '../../support/seeded.ts'
import { box, Drawer, words } from './drawer.ts'

const free = { proportional: false, centred: false }
/** The two ends of a box along an axis. */
const ends = (axis: 0 | 1, { x, y, width, height }: Box): Point =>
  axis === 0 ? [x, x + width] : [y, y + height]

describe('the maths of a resize', () => {
  const random = new Seeded(seedOfRun())
  const message = `SEED=${random.seed}`
  const cases = Array.from({ length: 2_000 }, () => {
    const side = () => random.pick([0, 0.3, 1, 5 + random.next() * 500])
    const from: Box = {
      x: random.int(-500, 500),
      y: random.int(-500, 500),
      width: side(),
      height: side(),
    }
    const by: Point = [(random.next() - 0.5) * 1_500, (random.next() - 0.5) * 1_500]
    return { from, by, handle: random.pick(HANDLES) }
  })

  test('[B43] the handle follows the pointer, the opposite side stays, down to one unit', () => {
    for (const { from, by, handle } of cases) {
      const to = resized(from, handle, by, free)
      for (const axis of [0, 1] as const) {
        const [start, end] = ends(axis, from)
        const [newStart, newEnd] = ends(axis, to)
        const least = Math.min(1, end - start)
        const side = sidesOf(handle)[axis]
        if (side === 0) expect([newStart, newEnd], message).toEqual([start, end])
        else if (side === 1) {
          expect(newStart, message).toBeCloseTo(start, 6)
          expect(newEnd, message).toBeCloseTo(Math.max(end + by[axis], start + least), 6)
        } else {
          expect(newEnd, message).toBeCloseTo(end, 6)
          expect(newStart, message).toBeCloseTo(Math.min(start + by[axis], end - least), 6)
        }
      }
    }
  })

  test('[B43] with alt the centre stays, and the handle still follows the pointer', () => {
    for (const { from, by, handle } of cases) {
      const to = resized(from, handle, by, { ...free, centred: true })
      const [x, y] = centreOf(from)
      expect(centreOf(to)[0], message).toBeCloseTo(x, 6)
      expect(centreOf(to)[1], message).toBeCloseTo(y, 6)
      const [side] = sidesOf(handle)
      if (side !== 0 && to.width > 1) {
        const edge = side === 1 ? 1 : 0
        expect(ends(0, to)[edge], message).toBeCloseTo(ends(0, from)[edge] + by[0], 6)
      }
    }
  })

  test('[B43] with shift the proportions stay, and so does what is opposite', () => {
    for (const { from, by, handle } of cases) {
      const to = resized(from, handle, by, { ...free, proportional: true })
      expect(to.width * from.height, message).toBeCloseTo(to.height * from.width, 3)
      expect(to.width >= Math.min(1, from.width) - 1e-9, message).toBe(true)
      expect(to.height >= Math.min(1, from.height) - 1e-9, message).toBe(true)
      for (const axis of [0, 1] as const) {
        const side = sidesOf(handle)[axis]
        if (side === 1) expect(ends(axis, to)[0], message).toBeCloseTo(ends(axis, from)[0], 6)
        if (side === -1) expect(ends(axis, to)[1], message).toBeCloseTo(ends(axis, from)[1], 6)
      }
    }
  })
})

describe('dragging a handle', () => {
  let ada: Drawer
  beforeEach(() => {
    ada = new Drawer()
  })
  afterEach(() => ada.close())

  test('[B43] resizes all that is selected, in one step', () => {
    const [left, right] = ada.add(box(0, 0), box(200, 0))
    ada.select(left!, right!)
    const gesture = ada.down('select', [300, 100])
    gesture.move([ada.press([450, 100])])
    expect(ada.editor.stretch.value?.to).toEqual({ x: 0, y: 0, width: 450, height: 100 })
    expect(ada.board.get(right!)?.size).toEqual([100, 100])
    gesture.up(ada.press([600, 200]))
    expect(ada.board.get(left!)).toMatchObject({ at: [0, 0], size: [200, 200] })
    expect(ada.board.get(right!)).toMatchObject({ at: [400, 0], size: [200, 200] })
    expect(ada.steps).toBe(2)
  })

  test('[B43] a press beside the middle of a handle does not make it jump', () => {
    const [only] = ada.add(box(0, 0))
    ada.select(only!)
    ada.drag('select', [
      [103, 98],
      [113, 108],
    ])
    expect(ada.board.get(only!)?.size).toEqual([110, 110])
  })

  test('[B43] the middle of a tiny shape moves it', () => {
    const [tiny] = ada.add(box(0, 0, 4, 4))
    ada.select(tiny!)
    ada.drag('select', [
      [2, 2],
      [52, 2],
    ])
    expect(ada.board.get(tiny!)).toMatchObject({ at: [50, 0], size: [4, 4] })
  })

  test('[B43] a text alone gets the width to wrap at', () => {
    const [text] = ada.add(words('text', 0, 0, 'Hello world'))
    ada.select(text!)
    const frame = ada.editor.frame.value!
    expect(ada.editor.handles.value.map(({ name }) => name)).toEqual(['e', 'w'])
    const middle = frame.y + frame.height / 2
    ada.drag('select', [
      [frame.width, middle],
      [frame.width - 40, middle],
    ])
    expect(ada.board.get(text!)?.size[0]).toBeCloseTo(frame.width - 40, 0)
    expect(ada.board.get(text!)?.at).toEqual([0, 0])
  })

  test('[B43] somebody removes it meanwhile: no trace', () => {
    const bob = new Drawer()
    ada.meet(bob)
    const [only] = ada.add(box(0, 0))
    ada.select(only!)
    const gesture = ada.down('select', [100, 100])
    gesture.move([ada.press([150, 150])])
    bob.board.remove([only!])
    gesture.move([ada.press([160, 160])])
    expect(ada.editor.stretch.value).toBeNull()
    gesture.up(ada.press([170, 170]))
    expect(ada.board.count).toBe(0)
    bob.close()
  })

  test('handles sit on the frame, and none where it has no extent', () => {
    const at = Object.fromEntries(
      handlesOf({ x: 0, y: 0, width: 10, height: 20 }).map(({ name, at }) => [name, at]),
    )
    expect(at).toEqual({
      nw: [0, 0],
      ne: [10, 0],
      se: [10, 20],
      sw: [0, 20],
      n: [5, 0],
      e: [10, 10],
      s: [5, 20],
      w: [0, 10],
    })
    expect(handlesOf({ x: 0, y: 0, width: 0, height: 0 })).toEqual([])
  })
})
