import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Camera, seen } from '../../../client/whiteboard/editor/camera.ts'
import { nameOf } from '../../../client/whiteboard/editor/name-of.ts'
import { createWalk } from '../../../client/whiteboard/editor/walk.ts'
import { overlap } from '../../../client/whiteboard/geometry/box.ts'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { box, Drawer, line, words } from '../tools/drawer.ts'

let ada: Drawer
let walk: (step: 1 | -1) => void
beforeEach(() => {
  ada = new Drawer()
  walk = createWalk(ada.editor)
})
afterEach(() => ada.close())

/** What is selected after each step. */
const walked = (steps: number, step: 1 | -1 = 1): ShapeId[] =>
  Array.from({ length: steps }, () => {
    walk(step)
    return ada.selected[0]!
  })

describe('from shape to shape', () => {
  test('[B47] all in view first, then the others, then from the start again', () => {
    const [far, near, further, last] = ada.add(
      box(9_000, 0),
      box(0, 0),
      box(-9_000, 0),
      box(300, 300),
    )
    expect(walked(5)).toEqual([near, last, far, further, near])
    expect(ada.editor.announcement.value).toBe('Rectangle, 1 of 4')
    expect(walked(2, -1)).toEqual([further, far])
    expect(ada.editor.announcement.value).toBe('Rectangle, 3 of 4')
  })

  test('[B47] what is out of view is brought into it, at the same zoom', () => {
    const [, far] = ada.add(box(0, 0), box(9_000, 0))
    ada.editor.camera.value = { x: 0, y: 0, zoom: 0.5 }
    walk(1)
    const before: Camera = ada.editor.camera.value
    expect(before).toEqual({ x: 0, y: 0, zoom: 0.5 })
    walk(1)
    const { camera, view } = ada.editor
    expect(overlap(seen(camera.value, view.value), ada.index.bounds(far!)!)).toBe(true)
    expect(camera.value.zoom).toBe(0.5)
  })

  test('[B47] it begins at what is selected, and backwards at the top', () => {
    const ids = ada.add(box(0, 0), box(10, 10), box(20, 20))
    ada.select(ids[1]!)
    expect(walked(1)).toEqual([ids[2]])
    ada.select()
    expect(walked(1, -1)).toEqual([ids[2]])
  })

  test('[B47] what was removed meanwhile is stepped over', () => {
    const ids = ada.add(box(0, 0), box(10, 10), box(20, 20), box(30, 30))
    walk(1)
    ada.board.remove([ids[1]!])
    expect(walked(1)).toEqual([ids[2]])
    expect(ada.editor.announcement.value).toBe('Rectangle, 2 of 3')
    ada.board.remove([ids[2]!])
    expect(walked(1)).toHaveLength(1)
    ada.board.remove(ids)
    walk(1)
    expect(ada.selected).toEqual([])
    expect(ada.editor.announcement.value).toBe('There is nothing on the board')
  })

  test('[B47] a shape is named by what it is, and by its first words', () => {
    ada.add(line([0, 0], [5, 5]), words('note', 0, 0, 'Buy\n milk'), words('text', 0, 0, ''))
    ada.add(words('text', 0, 0, 'x'.repeat(100_000)))
    const names = ada.shapes.map(nameOf)
    expect(names.slice(0, 3)).toEqual(['Line', 'Note “Buy milk”', 'Text'])
    expect(names[3]).toBe(`Text “${'x'.repeat(40)}…”`)
  })
})
