import { batch } from '@preact/signals-core'
import type { Editor } from '../editor/editor.ts'
import { minus, type Point } from '../geometry/point.ts'
import type { Gesture, Press } from './tool.ts'

/**
 * Drags what is selected. Nothing is written until it is dropped: the others see the stretch in the
 * awareness. Shift keeps to one axis; alt leaves the originals and drops copies.
 */
export function moveSelection(editor: Editor, first: Press): Gesture {
  const { board, selection, stretch } = editor
  /** Where it lay when the drag began. What others do to the shapes meanwhile is moved along. */
  const from = editor.frame.value

  const show = (press: Press): void => {
    // All of it may be gone: then nothing is left that could be shown as moving.
    if (from === null || editor.frame.value === null) stretch.value = null
    else {
      const [dx, dy] = wayTo(first, press)
      stretch.value = { from, to: { ...from, x: from.x + dx, y: from.y + dy } }
    }
  }

  return {
    move(presses) {
      const last = presses.at(-1)
      if (last !== undefined) show(last)
    },
    up(press) {
      show(press)
      // At once, so that nobody sees the shapes where they were for a moment.
      batch(() => {
        const dropped = stretch.value
        stretch.value = null
        if (dropped === null) return
        const ids = editor.selected.value.map(({ id }) => id)
        if (press.alt) selection.value = new Set(board.duplicate(ids, wayTo(first, press)))
        else board.stretch(ids, dropped)
      })
    },
    cancel() {
      stretch.value = null
    },
  }
}

function wayTo(first: Press, { at, shift }: Press): Point {
  const [dx, dy] = minus(at, first.at)
  if (!shift) return [dx, dy]
  return Math.abs(dx) >= Math.abs(dy) ? [dx, 0] : [0, dy]
}
