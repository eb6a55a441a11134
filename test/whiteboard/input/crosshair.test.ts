import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toView } from '../../../client/whiteboard/editor/camera.ts'
import { Crosshair } from '../../../client/whiteboard/input/crosshair.ts'
import { Gestures } from '../../../client/whiteboard/input/gestures.ts'
import { SpaceKey } from '../../../client/whiteboard/input/space-key.ts'
import { Drawer } from '../tools/drawer.ts'

let ada: Drawer
let gestures: Gestures
let crosshair: Crosshair
let said: string[]

beforeEach(() => {
  ada = new Drawer()
  gestures = new Gestures(ada.editor, ada.tools)
  crosshair = new Crosshair(ada.editor, gestures)
  said = []
  ada.editor.announcement.subscribe((words) => {
    if (words !== '') said.push(words)
  })
})
afterEach(() => {
  gestures.close()
  ada.close()
})

describe('[B52] drawing by keyboard', () => {
  test('begins in the middle of the view, with the first arrow or the first press', () => {
    ada.editor.tool.value = 'pen'
    crosshair.move([10, 0])
    expect(ada.editor.crosshair.value).toEqual([510, 400])
    crosshair.hide()
    crosshair.press()
    expect(ada.editor.crosshair.value).toEqual([500, 400])
    expect(gestures.tool).toBeNull()
  })

  test('a press puts the pen down, the next one lifts it, and both are said', () => {
    ada.editor.tool.value = 'pen'
    crosshair.move([0, 0])
    crosshair.press()
    for (let step = 0; step < 5; step += 1) crosshair.move([10, 10])
    crosshair.press()
    expect(ada.shapes).toMatchObject([{ kind: 'pen', size: [50, 50] }])
    expect(said).toEqual(['Pen down', 'Pen up'])
    expect(crosshair.shown).toBe(true)
  })

  test('a rectangle says what became of it', () => {
    ada.editor.tool.value = 'rectangle'
    crosshair.move([-100, -100])
    crosshair.press()
    crosshair.move([80, 60])
    crosshair.press()
    expect(ada.shapes).toMatchObject([{ at: [400, 300], size: [80, 60] }])
    expect(said).toEqual(['Rectangle down', 'Rectangle added'])
  })

  test.each(['text', 'note'] as const)('a %s is put down by one press, open for typing', (tool) => {
    ada.editor.tool.value = tool
    crosshair.move([0, 0])
    crosshair.press()
    expect(ada.shapes).toMatchObject([{ kind: tool }])
    expect(ada.editor.editing.value).toBe(ada.shapes[0]?.id)
  })

  test('Escape calls off first the gesture, then the crosshair', () => {
    ada.editor.tool.value = 'line'
    crosshair.move([0, 0])
    crosshair.press()
    crosshair.move([50, 0])
    expect(crosshair.escape()).toBe(true)
    expect(ada.editor.draft.value).toBeNull()
    expect(crosshair.shown).toBe(true)
    expect(crosshair.escape()).toBe(true)
    expect(crosshair.shown).toBe(false)
    expect(crosshair.escape()).toBe(false)
    expect(ada.shapes).toEqual([])
  })

  test('the view follows a crosshair that leaves it, by pixels of the view at any zoom', () => {
    ada.editor.tool.value = 'pen'
    ada.editor.camera.value = { x: 0, y: 0, zoom: 4 }
    crosshair.move([0, 0])
    crosshair.press()
    const start = ada.editor.crosshair.value
    for (let step = 0; step < 30; step += 1) crosshair.move([50, 0])
    expect(ada.editor.crosshair.value).toEqual([start![0] + (30 * 50) / 4, start![1]])
    const [x] = toView(ada.editor.crosshair.value!, ada.editor.camera.value)
    expect(x).toBeGreaterThan(900)
    expect(x).toBeLessThan(1_000)
    crosshair.press()
    expect(ada.shapes).toMatchObject([{ size: [375, 0] }])
  })

  test('it stays on the board when the board is moved', () => {
    ada.editor.tool.value = 'pen'
    crosshair.move([0, 0])
    crosshair.press()
    crosshair.move([50, 0])
    ada.editor.camera.value = { x: 20, y: 300, zoom: 1 }
    crosshair.press()
    expect(ada.shapes).toMatchObject([{ at: [500, 400], size: [50, 0] }])
  })

  test('Shift says how far it goes, and nothing to the tool', () => {
    ada.editor.tool.value = 'rectangle'
    crosshair.move([0, 0])
    crosshair.press()
    crosshair.move([50, 10])
    gestures.hold({ shift: true, alt: true, ctrl: false })
    expect(ada.editor.draft.value).toMatchObject({ at: [500, 400], size: [50, 10] })
  })

  test('others see it as the cursor', () => {
    ada.editor.tool.value = 'pen'
    crosshair.move([20, 0])
    expect(ada.editor.pointer.value).toEqual([520, 400])
    crosshair.hide()
    expect(ada.editor.pointer.value).toBeNull()
  })
})

describe('[B53] the space bar', () => {
  test('is a press if nothing came in between', () => {
    const space = new SpaceKey()
    space.press()
    expect(space.held).toBe(true)
    expect(space.release()).toBe(true)
    expect(space.held).toBe(false)
  })

  test('is a hand if a pointer was used meanwhile, however often the key repeats', () => {
    const space = new SpaceKey()
    space.use()
    space.press()
    space.use()
    space.press()
    expect(space.release()).toBe(false)
    space.press()
    expect(space.release()).toBe(true)
  })

  test('let go of in another window is nothing', () => {
    expect(new SpaceKey().release()).toBe(false)
  })
})
