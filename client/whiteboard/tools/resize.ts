import { batch } from '@preact/signals-core'
import type { Editor } from '../editor/editor.ts'
import type { HandleName } from '../editor/handles.ts'
import { minus } from '../geometry/point.ts'
import { resized } from './resized.ts'
import type { Gesture, Press } from './tool.ts'

/** Drags a handle of the selection; as with a move, nothing is written until it is dropped. */
export function resizeSelection(editor: Editor, first: Press, handle: HandleName): Gesture {
  const { board, stretch } = editor
  const from = editor.frame.value

  const show = ({ at, shift, alt }: Press): void => {
    if (from === null || editor.frame.value === null) stretch.value = null
    else {
      const manner = { proportional: shift, centred: alt }
      stretch.value = { from, to: resized(from, handle, minus(at, first.at), manner) }
    }
  }

  return {
    move(presses) {
      const last = presses.at(-1)
      if (last !== undefined) show(last)
    },
    up(press) {
      show(press)
      // At once, so that nobody sees the shapes as they were for a moment.
      batch(() => {
        const dropped = stretch.value
        stretch.value = null
        if (dropped === null) return
        board.stretch(
          editor.selected.value.map(({ id }) => id),
          dropped,
        )
      })
    },
    cancel() {
      stretch.value = null
    },
  }
}
