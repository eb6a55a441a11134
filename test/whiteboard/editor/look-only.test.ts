import { signal } from '@preact/signals-core'
import { afterEach, describe, expect, test } from 'vitest'
import { lookOnly } from '../../../client/whiteboard/editor/look-only.ts'
import { Drawer } from '../tools/drawer.ts'

describe('[B100] who may only look', () => {
  let drawer: Drawer
  afterEach(() => drawer.close())

  test('has the hand and nothing selected, until they may draw', () => {
    drawer = new Drawer()
    const { editor, board } = drawer
    const look = { colour: 0, size: 0, fill: 0 } as const
    const ids = board.add([{ kind: 'rectangle', at: [0, 0], size: [10, 10], look }])
    const isReader = signal(true)
    const stop = lookOnly(editor, isReader)
    for (const tool of ['pen', 'select', 'text'] as const) {
      editor.tool.value = tool
      expect(editor.tool.value).toBe('hand')
    }
    editor.selection.value = new Set(ids)
    expect(editor.selection.value.size).toBe(0)
    isReader.value = false
    editor.tool.value = 'pen'
    editor.selection.value = new Set(ids)
    expect([editor.tool.value, editor.selection.value.size]).toEqual(['pen', 1])
    stop()
  })
})
