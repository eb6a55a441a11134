import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { box, Drawer, line } from './drawer.ts'

let ada: Drawer
let level: ShapeId
beforeEach(() => {
  ada = new Drawer()
  ;[level] = ada.add(line([100, 100], [300, 100])) as [ShapeId]
  ada.select(level)
})
afterEach(() => ada.close())

test('[B43] a line alone is taken by its ends, and the other one stays', () => {
  expect(ada.editor.handles.value.map(({ name }) => name)).toEqual(['end', 'start'])
  const gesture = ada.down('select', [302, 99])
  gesture.move([ada.press([202, 249])])
  expect(ada.editor.draft.value).toMatchObject({ kind: 'line', at: [100, 100], size: [100, 150] })
  expect([...ada.editor.erasing.value]).toEqual([level])
  expect(ada.board.get(level)?.size).toEqual([200, 0])
  gesture.up(ada.press([2, 49]))
  expect(ada.board.get(level)).toMatchObject({ at: [100, 100], size: [-100, -50] })
  expect(ada.editor.draft.value).toBeNull()
  expect([...ada.editor.erasing.value]).toEqual([])
  expect(ada.selected).toEqual([level])
  ada.drag('select', [
    [100, 100],
    [0, 150],
  ])
  expect(ada.board.get(level)).toMatchObject({ at: [0, 150], size: [0, -100] })
  expect(ada.steps).toBe(3)
})

test('[B43] with shift it turns in steps of 15°', () => {
  ada.drag(
    'select',
    [
      [100, 100],
      [90, 300],
    ],
    { shift: true },
  )
  const { at, size } = ada.board.get(level)!
  expect([at[0] + size[0], at[1] + size[1]]).toEqual([300, 100])
  expect(Math.atan2(size[1], size[0])).toBeCloseTo(-Math.PI / 4, 3)
})

test('[B43] its ends do not meet: it would be gone from sight', () => {
  ada.drag('select', [
    [300, 100],
    [100, 100],
  ])
  expect(ada.board.get(level)?.size).toEqual([200, 0])
  expect(ada.steps).toBe(1)
})

test('[B43] the middle of a line moves it, however short it is', () => {
  ada.drag('select', [
    [200, 100],
    [200, 150],
  ])
  expect(ada.board.get(level)).toMatchObject({ at: [100, 150], size: [200, 0] })
  const [short] = ada.add(line([500, 500], [504, 500]))
  ada.select(short!)
  ada.drag('select', [
    [502, 500],
    [502, 550],
  ])
  expect(ada.board.get(short!)).toMatchObject({ at: [500, 550], size: [4, 0] })
})

test('[B43] with others it is resized as they are', () => {
  const [other] = ada.add(box(100, 200))
  ada.select(level, other!)
  ada.drag('select', [
    [300, 300],
    [500, 300],
  ])
  expect(ada.board.get(level)).toMatchObject({ at: [100, 100], size: [400, 0] })
})

test('[B43] somebody removes it meanwhile: no trace', () => {
  const bob = new Drawer()
  ada.meet(bob)
  const gesture = ada.down('select', [300, 100])
  gesture.move([ada.press([320, 160])])
  bob.board.remove([level])
  gesture.move([ada.press([330, 170])])
  expect(ada.editor.draft.value).toBeNull()
  gesture.up(ada.press([340, 180]))
  expect(ada.board.count).toBe(0)
  expect(ada.editor.erasing.value.size).toBe(0)
  expect(ada.steps).toBe(1)
  bob.close()
})
