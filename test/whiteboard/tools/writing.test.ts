import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { beginEditing, endEditing } from '../../../client/whiteboard/editor/editing.ts'
import type { ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { box, Drawer, words } from './drawer.ts'

let ada: Drawer
beforeEach(() => {
  ada = new Drawer()
})
afterEach(() => ada.close())

/** As somebody does in the text field, in steps of their own. */
const typeAndErase = (id: ShapeId | null, text: string, erased: number) => {
  const words = ada.board.text(id!)!
  ada.doc.transact(() => words.insert(0, text), ada.fingers)
  ada.board.history.cut()
  ada.doc.transact(() => words.delete(0, erased), ada.fingers)
}

describe('texts', () => {
  test('[B39] a click makes one whose first line is level with it, and opens it', () => {
    ada.click('text', [300, 200])
    const [text] = ada.shapes
    expect(text).toMatchObject({ kind: 'text', text: '' })
    expect(text?.at[0]).toBe(300)
    const frame = ada.editor.frame.value!
    expect(frame.y + frame.height / 2).toBeCloseTo(200, 0)
    expect(ada.editor.editing.value).toBe(text?.id)
    expect(ada.editor.tool.value).toBe('select')
  })

  test('[B39] a drag says how wide it may become', () => {
    ada.drag('text', [
      [500, 100],
      [200, 150],
    ])
    expect(ada.shapes[0]).toMatchObject({
      at: [200, expect.any(Number)],
      size: [300, expect.any(Number)],
    })
    expect(ada.editor.marquee.value).toBeNull()
  })

  test('[B44] the text tool opens a text that is there', () => {
    const [text] = ada.add(words('text', 0, 0, 'Hello'))
    ada.click('text', [10, 10])
    expect(ada.editor.editing.value).toBe(text)
    expect(ada.board.count).toBe(1)
  })

  test('[B44] left without words it is gone, and undo brings back what was before it', () => {
    const [rectangle] = ada.add(box(500, 500))
    ada.click('text', [10, 10])
    endEditing(ada.editor)
    expect(ada.board.count).toBe(1)
    expect(ada.selected).toEqual([])
    expect(ada.steps).toBe(1)
    ada.board.history.undo()
    expect(ada.board.count).toBe(0)
    ada.board.history.redo()
    expect(ada.shapes.map(({ id }) => id)).toEqual([rectangle])
  })

  test('[B44] also if its colour was chosen before it was left', () => {
    ada.add(box(500, 500))
    ada.click('text', [10, 10])
    const id = ada.editor.editing.value!
    ada.board.change(new Map([[id, { look: { colour: 3, size: 1, fill: 0 } }]]))
    endEditing(ada.editor)
    expect(ada.board.get(id)).toBeNull()
    expect(ada.board.count).toBe(1)
  })

  test('[B44] also if words were typed and erased', () => {
    ada.add(box(500, 500))
    ada.click('text', [10, 10])
    typeAndErase(ada.editor.editing.value, 'Hello', 5)
    endEditing(ada.editor)
    expect(ada.board.count).toBe(1)
    ada.board.history.undo()
    expect(ada.board.count).toBe(0)
  })

  test('[B44] with words it stays', () => {
    ada.click('text', [10, 10])
    typeAndErase(ada.editor.editing.value, 'Hello', 1)
    endEditing(ada.editor)
    expect(ada.shapes[0]).toMatchObject({ text: 'ello' })
    expect(ada.editor.editing.value).toBeNull()
  })

  test('[B44] an older text that loses its words is removed, and undo brings it back', () => {
    const [text] = ada.add(words('text', 0, 0, 'Hello'))
    beginEditing(ada.editor, text!)
    ada.board.text(text!)?.delete(0, 5)
    endEditing(ada.editor)
    expect(ada.board.count).toBe(0)
    ada.board.history.undo()
    expect(ada.board.count).toBe(1)
  })

  test.each([
    ['select', 0],
    ['pen', 1],
    ['text', 1],
    ['note', 1],
  ] as const)('[B44] a press of %s elsewhere ends it, and does what it should', (tool, made) => {
    ada.click('text', [10, 10])
    const empty = ada.editor.editing.value
    ada.click(tool, [600, 600])
    expect(ada.board.get(empty!)).toBeNull()
    expect(ada.board.count).toBe(made)
    expect(ada.editor.editing.value === null).toBe(tool === 'select' || tool === 'pen')
  })

  test('[B45] somebody removes it under the fingers', () => {
    const bob = new Drawer()
    ada.meet(bob)
    ada.click('text', [10, 10])
    bob.board.remove([ada.editor.editing.value!])
    expect(ada.editor.editing.value).toBeNull()
    expect(ada.editor.fresh).toBeNull()
    endEditing(ada.editor)
    expect(ada.board.count).toBe(0)
    bob.close()
  })
})

describe('notes and double clicks', () => {
  test('[B39] a note lies around the click, is opened, and stays without words', () => {
    ada.click('note', [300, 300])
    expect(ada.shapes[0]).toMatchObject({ kind: 'note', at: [200, 200], size: [200, 200] })
    expect(ada.editor.editing.value).toBe(ada.shapes[0]?.id)
    endEditing(ada.editor)
    expect(ada.board.count).toBe(1)
    expect(ada.steps).toBe(1)
  })

  test('[B44] a double click opens words, on the empty board makes some, else nothing', () => {
    const [note, rectangle] = ada.add(words('note', 0, 0, 'Milk'), box(400, 0))
    ada.doubleClick([100, 100])
    expect(ada.editor.editing.value).toBe(note)
    ada.doubleClick([450, 50])
    expect(ada.editor.editing.value).toBeNull()
    expect(ada.selected).toEqual([rectangle])
    ada.doubleClick([700, 700])
    expect(ada.board.count).toBe(3)
    expect(ada.editor.editing.value).toBe(ada.shapes.at(-1)?.id)
  })

  test('[B44] a second press that drags moves instead', () => {
    const [note] = ada.add(words('note', 0, 0, 'Milk'))
    ada.click('select', [100, 100])
    ada.drag(
      'select',
      [
        [100, 100],
        [150, 100],
      ],
      { clicks: 2 },
    )
    expect(ada.editor.editing.value).toBeNull()
    expect(ada.board.get(note!)?.at).toEqual([50, 0])
  })
})
