import type { Point } from '../geometry/point.ts'
import type { Editor } from './editor.ts'

/** Moves what is selected by so much on the board: the arrow keys. */
export function nudge({ board, selection }: Editor, [x, y]: Point): void {
  if (selection.value.size === 0) return
  // A box without extent only moves things, wherever they are.
  const nothing = { width: 0, height: 0 }
  board.stretch(selection.value, { from: { x: 0, y: 0, ...nothing }, to: { x, y, ...nothing } })
}
