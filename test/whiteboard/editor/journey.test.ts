import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { endEditing } from '../../../client/whiteboard/editor/editing.ts'
import { travel } from '../../../client/whiteboard/editor/journey.ts'
import { Drawer } from '../tools/drawer.ts'

describe('[B44] undo and redo do not stop at a text that nobody can see', () => {
  let ada: Drawer
  beforeEach(() => {
    ada = new Drawer()
    ada.click('rectangle', [500, 500])
    ada.click('text', [10, 10])
    const words = ada.board.text([...ada.editor.selection.value][0]!)!
    ada.board.history.cut()
    ada.doc.transact(() => words.insert(0, 'Hello'), ada.fingers)
    endEditing(ada.editor)
  })
  afterEach(() => ada.close())

  test('undo takes the words and the text', () => {
    expect(ada.board.count).toBe(2)
    travel(ada.editor, 'undo')
    expect(ada.shapes.map(({ kind }) => kind)).toEqual(['rectangle'])
    travel(ada.editor, 'undo')
    expect(ada.board.count).toBe(0)
  })

  test('redo brings back both', () => {
    travel(ada.editor, 'undo')
    travel(ada.editor, 'redo')
    expect(ada.shapes.map((shape) => 'text' in shape && shape.text)).toContain('Hello')
    expect(ada.board.history.canRedo).toBe(false)
  })

  test('but stops at one that is being written', () => {
    const [text] = ada.shapes.filter(({ kind }) => kind === 'text')
    ada.editor.editing.value = text!.id
    travel(ada.editor, 'undo')
    expect(ada.board.count).toBe(2)
  })
})
