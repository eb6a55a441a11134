import { afterEach, describe, expect, test } from 'vitest'
import type { NewShape } from '../../../client/whiteboard/model/shape.ts'
import { chooseLook, chosenLook } from '../../../client/whiteboard/ui/chosen-look.ts'
import { Drawer } from '../tools/drawer.ts'

const shape = (kind: 'rectangle' | 'line', colour: number, size = 1): NewShape => ({
  kind,
  at: [0, 0],
  size: [10, 10],
  look: { colour, size, fill: 0 },
})

describe('[B73] the panel of looks', () => {
  let drawer: Drawer
  afterEach(() => drawer.close())

  test('shows what the tool in the hand draws next; fills only where there are any', () => {
    drawer = new Drawer()
    const { editor } = drawer
    expect(chosenLook(editor)).toBe(null)
    editor.tool.value = 'pen'
    expect(chosenLook(editor)).toEqual({ hasFill: false, look: editor.look.value })
    editor.tool.value = 'ellipse'
    expect(chosenLook(editor)?.hasFill).toBe(true)
    editor.tool.value = 'eraser'
    expect(chosenLook(editor)).toBe(null)
  })

  test('shows what is common to the selection', () => {
    drawer = new Drawer()
    const { editor, board } = drawer
    editor.selection.value = new Set(board.add([shape('rectangle', 2), shape('line', 3)]))
    expect(chosenLook(editor)).toEqual({ hasFill: true, look: { colour: null, size: 1, fill: 0 } })
  })

  test('choosing is one step of undo for all that is selected, and for what comes next', () => {
    drawer = new Drawer()
    const { editor, board } = drawer
    const ids = board.add([shape('rectangle', 2), shape('line', 3)])
    editor.selection.value = new Set(ids)
    chooseLook(editor, { colour: 5 })
    expect(ids.map((id) => board.get(id)?.look.colour)).toEqual([5, 5])
    expect(editor.look.value.colour).toBe(5)
    board.history.undo()
    expect(ids.map((id) => board.get(id)?.look.colour)).toEqual([2, 3])
    expect(board.count).toBe(2)
  })

  test('what is so already is not written', () => {
    drawer = new Drawer()
    const { editor, board, doc } = drawer
    editor.selection.value = new Set(board.add([shape('rectangle', 2)]))
    let updates = 0
    doc.on('update', () => {
      updates += 1
    })
    chooseLook(editor, { colour: 2 })
    expect(updates).toBe(0)
  })
})
