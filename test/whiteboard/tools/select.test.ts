import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { box, Drawer } from './drawer.ts'

let ada: Drawer
let left: ShapeId
let right: ShapeId
beforeEach(() => {
  ada = new Drawer()
  ;[left, right] = ada.add(box(0, 0), box(200, 0)) as [ShapeId, ShapeId]
})
afterEach(() => ada.close())

const at = (id: ShapeId) => ada.board.get(id)?.at

describe('choosing', () => {
  test('[B41] a click selects the topmost, and the empty board lets go', () => {
    const [over] = ada.add(box(50, 50))
    ada.click('select', [75, 75])
    expect(ada.selected).toEqual([over])
    expect(ada.editor.announcement.value).toBe('Rectangle selected')
    ada.click('select', [600, 600])
    expect(ada.selected).toEqual([])
  })

  test('[B41] shift adds and takes away', () => {
    ada.click('select', [50, 50])
    ada.click('select', [250, 50], { shift: true })
    expect(ada.selected).toEqual([left, right])
    ada.click('select', [50, 50], { shift: true })
    expect(ada.selected).toEqual([right])
    ada.click('select', [600, 600], { shift: true })
    expect(ada.selected).toEqual([right])
  })

  test('[B41] one of several becomes the only one on release, unless it was dragged', () => {
    ada.select(left, right)
    const gesture = ada.down('select', [250, 50])
    expect(ada.selected).toEqual([left, right])
    gesture.up(ada.press([250, 50]))
    expect(ada.selected).toEqual([right])
    ada.select(left, right)
    ada.drag('select', [
      [250, 50],
      [250, 90],
    ])
    expect(ada.selected).toEqual([left, right])
  })

  test('[B41] between several selected shapes a drag moves them and a click lets go', () => {
    ada.select(left, right)
    ada.drag('select', [
      [150, 50],
      [150, 90],
    ])
    expect([at(left), at(right)]).toEqual([
      [0, 40],
      [200, 40],
    ])
    ada.click('select', [150, 90])
    expect(ada.selected).toEqual([])
  })

  test('[B41] a frame pulled open selects what lies wholly in it', () => {
    const gesture = ada.down('select', [-50, -50])
    gesture.move([ada.press([150, 150])])
    expect(ada.editor.marquee.value).toEqual({ x: -50, y: -50, width: 200, height: 200 })
    expect(ada.selected).toEqual([left])
    gesture.move([ada.press([250, 150])])
    expect(ada.selected).toEqual([left])
    gesture.up(ada.press([350, 150]))
    expect(ada.selected).toEqual([left, right])
    expect(ada.editor.marquee.value).toBeNull()
    expect(ada.steps).toBe(1)
  })

  test('[B41] with shift the frame adds', () => {
    ada.select(right)
    ada.drag(
      'select',
      [
        [-50, -50],
        [150, 150],
      ],
      { shift: true },
    )
    expect(ada.selected).toEqual([right, left])
  })

  test('[B41] the cursor says what a press would do', () => {
    const over = (x: number, y: number) => {
      ada.tools.select.hover?.(ada.press([x, y]))
      return ada.editor.mouse.value
    }
    expect(over(600, 600)).toBe('default')
    expect(over(50, 50)).toBe('move')
    expect(over(100, 100)).toBe('move')
    ada.select(left)
    expect(over(100, 100)).toBe('nwse-resize')
    expect(over(50, 0)).toBe('ns-resize')
  })
})

describe('moving', () => {
  test('[B42] nothing is written before the drop, and then in one step', () => {
    const bob = new Drawer()
    ada.meet(bob)
    let updates = 0
    ada.doc.on('update', () => {
      updates += 1
    })
    ada.select(left, right)
    const gesture = ada.down('select', [50, 50])
    for (let x = 51; x < 90; x += 1) gesture.move([ada.press([x, 60])])
    expect(ada.editor.stretch.value).toEqual({
      from: { x: 0, y: 0, width: 300, height: 100 },
      to: { x: 39, y: 10, width: 300, height: 100 },
    })
    expect(updates).toBe(0)
    gesture.up(ada.press([100, 60]))
    expect(updates).toBe(1)
    expect(ada.editor.stretch.value).toBeNull()
    expect(bob.board.get(right)?.at).toEqual([250, 10])
    ada.board.history.undo()
    expect([at(left), at(right)]).toEqual([
      [0, 0],
      [200, 0],
    ])
    bob.close()
  })

  test('[B42] a drag selects what it takes along', () => {
    ada.select(right)
    ada.drag('select', [
      [50, 50],
      [50, 70],
    ])
    expect(ada.selected).toEqual([left])
    expect([at(left), at(right)]).toEqual([
      [0, 20],
      [200, 0],
    ])
  })

  test('[B42] shift keeps to an axis, alt drops copies', () => {
    ada.select(left)
    ada.drag(
      'select',
      [
        [50, 50],
        [60, 90],
      ],
      { shift: true },
    )
    expect(at(left)).toEqual([0, 40])
    ada.select(left)
    ada.drag(
      'select',
      [
        [50, 50],
        [150, 60],
      ],
      { alt: true },
    )
    expect(at(left)).toEqual([0, 40])
    expect(ada.selected).not.toContain(left)
    expect(ada.board.get(ada.selected[0]!)?.at).toEqual([100, 50])
    expect(ada.steps).toBe(3)
  })

  test('[B42] what somebody removes during a drag stays removed, and the rest is moved', () => {
    const bob = new Drawer()
    ada.meet(bob)
    ada.select(left, right)
    const gesture = ada.down('select', [50, 50])
    gesture.move([ada.press([50, 80])])
    bob.board.remove([left])
    gesture.move([ada.press([50, 90])])
    gesture.up(ada.press([50, 100]))
    expect(ada.board.get(left)).toBeNull()
    expect(at(right)).toEqual([200, 50])
    expect(ada.selected).toEqual([right])
    bob.close()
  })

  test.each(['before the drag', 'during it', 'just before the drop'])(
    '[B42] all of it removed %s: no trace',
    (when) => {
      const bob = new Drawer()
      ada.meet(bob)
      ada.select(left, right)
      const gesture = ada.down('select', [50, 50])
      if (when === 'before the drag') bob.board.remove([left, right])
      gesture.move([ada.press([50, 80])])
      if (when === 'during it') bob.board.remove([left, right])
      gesture.move([ada.press([50, 90])])
      expect(ada.editor.stretch.value === null).toBe(when !== 'just before the drop')
      if (when === 'just before the drop') bob.board.remove([left, right])
      gesture.up(ada.press([50, 100]))
      expect(ada.board.count).toBe(0)
      expect(ada.editor.stretch.value).toBeNull()
      expect(ada.selected).toEqual([])
      expect(ada.steps).toBe(1)
      bob.close()
    },
  )

  test('[B42] two people drag the same shape: the last drop counts, for both', () => {
    const bob = new Drawer()
    ada.meet(bob)
    const hers = ada.down('select', [50, 50])
    const his = bob.down('select', [50, 50])
    hers.move([ada.press([50, 150])])
    his.move([bob.press([150, 50])])
    hers.up(ada.press([50, 150]))
    his.up(bob.press([150, 50]))
    expect(ada.shapes).toEqual(bob.shapes)
    expect(ada.editor.stretch.value).toBeNull()
    bob.close()
  })

  test.each([false, true])('[B45] gone between press and release (shift: %s)', (shift) => {
    const bob = new Drawer()
    ada.meet(bob)
    const [third] = ada.add(box(400, 0))
    ada.select(left, right, third!)
    const gesture = ada.down('select', [50, 50], { shift })
    bob.board.remove([left, right])
    ada.select(third!, ada.add(box(600, 0))[0]!)
    gesture.up(ada.press([50, 50], { shift }))
    for (const id of ada.selected) expect(ada.board.get(id)).not.toBeNull()
    bob.close()
  })

  test('[B45] what is gone is not selected any more, whoever removed it', () => {
    const bob = new Drawer()
    ada.meet(bob)
    ada.select(left, right)
    bob.board.remove([left])
    expect(ada.selected).toEqual([right])
    ada.board.remove([right])
    expect(ada.selected).toEqual([])
    bob.close()
  })
})
