import type { Editor } from './editor.ts'

/**
 * One step back or forth in the history.
 *
 * A text is made empty and its words come after, in steps of their own: a step between the two would
 * leave a text that nobody can see. Such a step is not stopped at.
 */
export function travel({ board, editing }: Editor, direction: 'undo' | 'redo'): void {
  const { history } = board
  let isInvisible = false
  const stop = board.observe((changes) => {
    isInvisible = changes.some(
      ({ id, after }) => after?.kind === 'text' && after.text === '' && id !== editing.peek(),
    )
  })
  history[direction]()
  const canGoOn = direction === 'undo' ? history.canUndo : history.canRedo
  if (isInvisible && canGoOn) history[direction]()
  stop()
}
