import { batch } from '@preact/signals-core'
import type { Editor } from '../editor/editor.ts'
import type { Box } from '../geometry/box.ts'
import type { Stretch } from '../geometry/stretch.ts'
import type { Gesture, Press } from './tool.ts'

/**
 * Shows what is selected in another place or size until it is dropped: nothing is written before,
 * the others see the stretch in the awareness.
 *
 * @param reach Where the selection comes to lie from `from`, with the pointer like that.
 * @param drop Writes it.
 */
export function stretchSelection(
  { frame, stretch }: Editor,
  reach: (from: Box, press: Press) => Box,
  drop: (dropped: Stretch, press: Press) => void,
): Gesture {
  /** Where it lay when the drag began. What others do to the shapes meanwhile is carried along. */
  const from = frame.value
  const show = (press: Press): void => {
    // All of it may be gone: then nothing is left that could be shown.
    const isGone = from === null || frame.value === null
    stretch.value = isGone ? null : { from, to: reach(from, press) }
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
        if (dropped !== null) drop(dropped, press)
      })
    },
    cancel() {
      stretch.value = null
    },
  }
}
