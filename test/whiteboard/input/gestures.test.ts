import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ToolName } from '../../../client/whiteboard/editor/editor.ts'
import { Gestures } from '../../../client/whiteboard/input/gestures.ts'
import type { Tool } from '../../../client/whiteboard/tools/tool.ts'
import { box, Drawer } from '../tools/drawer.ts'

let ada: Drawer
let gestures: Gestures
let left: ToolName[]

beforeEach(() => {
  ada = new Drawer()
  left = []
  const tools = Object.fromEntries(
    Object.entries(ada.tools).map(([name, tool]) => [
      name,
      {
        ...tool,
        leave() {
          left.push(name as ToolName)
          tool.leave?.()
        },
      },
    ]),
  ) as Record<ToolName, Tool>
  gestures = new Gestures(ada.editor, tools)
})
afterEach(() => {
  gestures.close()
  ada.close()
})

/** Chooses a tool and draws with it, without lifting it. */
function draw(tool: ToolName): void {
  ada.editor.tool.value = tool
  gestures.begin(tool, ada.press([100, 100]))
  gestures.move([ada.press([150, 100]), ada.press([200, 150])])
}

const kinds = () => ada.shapes.map(({ kind }) => kind)

describe('[B48] one gesture at a time', () => {
  test('from press to release', () => {
    draw('rectangle')
    expect(gestures.tool).toBe('rectangle')
    gestures.up(ada.press([300, 250]))
    expect(gestures.tool).toBeNull()
    expect(ada.shapes).toMatchObject([{ kind: 'rectangle', at: [100, 100], size: [200, 150] }])
  })

  test.each(['pen', 'highlighter'] as const)('a %s that loses its pointer has drawn', (tool) => {
    draw(tool)
    gestures.lose()
    expect(kinds()).toEqual([tool])
    expect([...ada.board.live.strokes()]).toEqual([])
  })

  test.each(['rectangle', 'arrow', 'note', 'text'] as const)(
    'a %s that loses its pointer is called off',
    (tool) => {
      draw(tool)
      gestures.lose()
      expect(kinds()).toEqual([])
      expect(ada.editor.draft.value).toBeNull()
    },
  )

  test('what is being moved goes back when the pointer is lost, what is being erased stays', () => {
    ada.add(box(100, 100))
    const before = ada.shapes
    draw('select')
    expect(ada.editor.stretch.value).not.toBeNull()
    gestures.lose()
    expect(ada.shapes).toEqual(before)
    expect(ada.editor.stretch.value).toBeNull()
    draw('eraser')
    gestures.lose()
    expect(ada.shapes).toEqual(before)
    expect(ada.editor.erasing.value.size).toBe(0)
  })

  test('a new press, another tool and the end of the page end a stroke', () => {
    draw('pen')
    gestures.begin('pen', ada.press([400, 400]))
    expect(kinds()).toEqual(['pen'])
    gestures.move([ada.press([420, 400])])
    ada.editor.tool.value = 'rectangle'
    expect(kinds()).toEqual(['pen', 'pen'])
    expect(gestures.tool).toBeNull()
    draw('pen')
    gestures.close()
    expect(kinds()).toEqual(['pen', 'pen', 'pen'])
  })

  test('the old tool is told of the new one, also where a tool chooses it by itself', () => {
    draw('rectangle')
    gestures.up(ada.press([200, 200]))
    expect(ada.editor.tool.value).toBe('select')
    ada.editor.tool.value = 'hand'
    expect(left).toEqual(['select', 'rectangle', 'select'])
  })

  test('a hand that is lent leaves the tool and its cursor as they were', () => {
    ada.editor.tool.value = 'pen'
    gestures.begin('hand', ada.press([100, 100]))
    expect(ada.editor.mouse.value).toBe('grabbing')
    gestures.move([{ ...ada.press([100, 100]), inView: [130, 90] }])
    gestures.up({ ...ada.press([100, 100]), inView: [130, 90] })
    expect(ada.editor.camera.value).toEqual({ x: -30, y: 10, zoom: 1 })
    expect(ada.editor.mouse.value).toBe('crosshair')
    expect(ada.editor.tool.value).toBe('pen')
  })

  test('a board that slides away under a resting pointer is a move', () => {
    draw('line')
    ada.editor.camera.value = { x: 40, y: 10, zoom: 1 }
    expect(ada.editor.draft.value).toMatchObject({ at: [100, 100], size: [140, 60] })
  })

  test('so is Shift', () => {
    draw('rectangle')
    gestures.hold({ shift: true, alt: false, ctrl: false })
    expect(ada.editor.draft.value).toMatchObject({ size: [100, 100] })
  })
})
