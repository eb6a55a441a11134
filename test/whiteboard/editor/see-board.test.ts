import { signal } from '@preact/signals-core'
import { afterEach, describe, expect, test } from 'vitest'
import { seen } from '../../../client/whiteboard/editor/camera.ts'
import { seeBoard } from '../../../client/whiteboard/editor/see-board.ts'
import { contains, encloses } from '../../../client/whiteboard/geometry/box.ts'
import { Drawer } from '../tools/drawer.ts'

const FAR = {
  kind: 'rectangle',
  at: [9_000, 0],
  size: [10, 10],
  look: { colour: 0, size: 0, fill: 0 },
} as const

describe('[B77] the view begins', () => {
  let drawer: Drawer
  afterEach(() => drawer.close())
  const sight = () => seen(drawer.editor.camera.value, drawer.editor.view.value)

  test('with the middle of an empty board in its middle, whenever its size is known', () => {
    drawer = new Drawer()
    const { editor } = drawer
    editor.view.value = { width: 0, height: 0 }
    const stop = seeBoard(editor, signal(true))
    editor.view.value = { width: 400, height: 200 }
    expect(sight()).toEqual({ x: -200, y: -100, width: 400, height: 200 })
    stop()
  })

  test('with all that is drawn, once it is here', () => {
    drawer = new Drawer()
    const { editor, board } = drawer
    const isLive = signal(false)
    const other = new Drawer()
    const stop = seeBoard(editor, isLive)
    drawer.meet(other)
    other.board.add([FAR, { ...FAR, at: [0, 0] }])
    expect(board.count).toBe(2)
    expect(contains(sight(), [9_000, 0])).toBe(false)
    isLive.value = true
    expect(encloses(sight(), { x: 0, y: 0, width: 9_010, height: 10 })).toBe(true)
    const there = editor.camera.value
    other.board.add([{ ...FAR, at: [90_000, 0] }])
    isLive.value = false
    isLive.value = true
    expect(editor.camera.value).toBe(there)
    stop()
    other.close()
  })

  test('where somebody is who has moved or drawn by then', () => {
    drawer = new Drawer()
    const { editor, board } = drawer
    const isLive = signal(false)
    const stop = seeBoard(editor, isLive)
    editor.camera.value = { x: 7, y: 7, zoom: 2 }
    board.add([FAR])
    isLive.value = true
    expect(editor.camera.value).toEqual({ x: 7, y: 7, zoom: 2 })
    stop()
    drawer.close()

    drawer = new Drawer()
    const later = signal(false)
    const stopLater = seeBoard(drawer.editor, later)
    drawer.board.add([FAR])
    later.value = true
    expect(contains(sight(), [9_000, 0])).toBe(false)
    stopLater()
  })
})
