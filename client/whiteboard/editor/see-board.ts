import { effect, type ReadonlySignal } from '@preact/signals-core'
import { type Camera, fitting } from './camera.ts'
import type { Editor } from './editor.ts'

/**
 * Where the view is at the beginning: the middle of the board in its middle, so that two who open
 * an empty board look at the same place; once everything is here, on all that is drawn. Whoever has
 * moved or drawn by then is left where they are.
 */
export function seeBoard(editor: Editor, isLive: ReadonlySignal<boolean>): () => void {
  const { board, camera, index, view } = editor
  let chosen: Camera | null = null
  let isOver = false
  return effect(() => {
    if (isOver || view.value.width === 0) return
    if (chosen !== null && camera.peek() !== chosen) {
      isOver = true
      return
    }
    const { width, height } = view.value
    chosen = { x: -width / 2, y: -height / 2, zoom: 1 }
    if (isLive.value) {
      isOver = true
      const all = index.extent()
      if (all !== null && !board.history.canUndo) chosen = fitting(all, view.value)
    }
    camera.value = chosen
  })
}
