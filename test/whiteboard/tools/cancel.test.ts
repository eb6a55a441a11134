import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TOOLS, type ToolName } from '../../../client/whiteboard/editor/editor.ts'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import { box, Drawer, line, words } from './drawer.ts'

let ada: Drawer
beforeEach(() => {
  ada = new Drawer()
})
afterEach(() => ada.close())

/** On a shape, on its corner (a handle once it is selected), on a text, on the end of a line, on nothing. */
const STARTS: readonly Point[] = [
  [50, 50],
  [100, 100],
  [305, 10],
  [780, 650],
  [600, 600],
]

describe.each(TOOLS)('%s', (tool: ToolName) => {
  test.each([0, 1, 2, 5])('[B37] cancelled after %i moves it has not been', (moves) => {
    const [shape, text, end] = ada.add(
      box(0, 0),
      words('text', 300, 0, 'Hello'),
      line([700, 700], [780, 650]),
    )
    for (const selection of [[], [shape!], [end!], [shape!, text!]]) {
      for (const start of STARTS) {
        for (const held of [{}, { shift: true }, { alt: true }, { clicks: 2 }]) {
          ada.select(...selection)
          const before = ada.state
          const gesture = ada.down(tool, start, held)
          for (let move = 1; move <= moves; move += 1) {
            gesture.move([ada.press([start[0] + move * 40, start[1] + move * 10], held)])
          }
          gesture.cancel()
          expect(ada.state).toEqual(before)
          expect(ada.editor.tool.value).toBe(tool)
        }
      }
    }
    expect(ada.steps).toBe(1)
  })

  test('[B37] after its end nothing more happens', () => {
    ada.add(box(0, 0))
    const gesture = ada.down(tool, [50, 50])
    gesture.move([ada.press([90, 90])])
    gesture.up(ada.press([120, 90]))
    const after = ada.state
    gesture.cancel()
    gesture.move([ada.press([400, 400])])
    gesture.up(ada.press([400, 400]))
    expect(ada.state).toEqual(after)
    expect(ada.steps).toBeLessThanOrEqual(2)
  })
})
