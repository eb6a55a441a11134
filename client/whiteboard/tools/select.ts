import { beginEditing } from '../editor/editing.ts'
import type { Editor } from '../editor/editor.ts'
import { type Handle, handleAt } from '../editor/handles.ts'
import { nameOfAll } from '../editor/name-of.ts'
import { contains } from '../geometry/box.ts'
import type { Shape, ShapeId } from '../model/shape.ts'
import { dragLineEnd } from './line-end.ts'
import { pullMarquee } from './marquee.ts'
import { moveSelection } from './move.ts'
import { resizeSelection } from './resize.ts'
import { isDrag, reachOf } from './slack.ts'
import type { Gesture, Press, Tool } from './tool.ts'
import { write } from './writing.ts'

/**
 * Selects, moves, resizes. What a press means depends on what is under it:
 *
 * ```
 * a handle            resize the selection; of a line alone, drag that end
 * a shape             select it (shift: it, too); a drag moves the selection
 * within the frame    a drag moves the selection, a click lets go of it
 * the empty board     let go of the selection (shift: keep it); a drag pulls a frame open
 * ```
 *
 * A click is told from a drag when it is over, so what only a click does waits for the release: one of
 * several selected shapes becomes the only one, shift lets go of one, a double click writes.
 */
export function createSelect(editor: Editor): Tool {
  const { selection, index } = editor

  return {
    down(press) {
      const handle = handleUnder(press)
      if (handle !== null) return resizing(press, handle)
      const before = selection.value
      const [hit] = index.at(press.at, reach(press))
      if (hit === undefined && !isInFrame(press)) return onEmpty(press, before)
      if (hit !== undefined && !before.has(hit.id)) {
        select(press.shift ? [...before, hit.id] : [hit.id])
      }
      return undecided(press, moveSelection(editor, press), before, () =>
        clicked(press, hit ?? null, before),
      )
    },

    hover(press) {
      const over = () => index.at(press.at, reach(press)).length > 0
      editor.mouse.value =
        handleUnder(press)?.cursor ?? (isInFrame(press) || over() ? 'move' : 'default')
    },
  }

  function reach(press: Press): number {
    return reachOf(press, editor.camera.value.zoom)
  }

  function handleUnder(press: Press): Handle | null {
    const frame = editor.frame.value
    return frame && handleAt(editor.handles.value, frame, press.at, reach(press))
  }

  function isInFrame({ at }: Press): boolean {
    const frame = editor.frame.value
    return frame !== null && contains(frame, at)
  }

  /** Between press and release somebody may have removed some of `ids`. */
  function select(ids: readonly ShapeId[]): void {
    selection.value = new Set(ids.filter((id) => editor.board.get(id) !== null))
    const shapes = editor.selected.value
    editor.announcement.value =
      shapes.length === 0 ? 'Nothing selected' : `${nameOfAll(shapes)} selected`
  }

  function resizing(press: Press, { name }: Handle): Gesture {
    const [shape] = editor.selected.value
    const drag =
      name !== 'start' && name !== 'end'
        ? resizeSelection(editor, press, name)
        : shape && dragLineEnd(editor, press, shape.id, name)
    if (drag === undefined) throw new TypeError('a handle of nothing')
    return undecided(press, drag, selection.value, () => {})
  }

  function onEmpty(press: Press, before: ReadonlySet<ShapeId>): Gesture {
    if (!press.shift && before.size > 0) select([])
    const kept = selection.value
    return undecided(press, pullMarquee(editor, press, kept), before, () => {
      if (press.clicks === 2) write(editor, press.at)
    })
  }

  /** The release of a press that moved nothing, on a shape or somewhere in the frame. */
  function clicked(press: Press, hit: Shape | null, before: ReadonlySet<ShapeId>): void {
    if (press.clicks === 2) {
      if (hit === null) write(editor, press.at)
      else beginEditing(editor, hit.id)
    } else if (hit === null) {
      if (!press.shift) select([])
    } else if (!press.shift) {
      if (selection.value.size > 1) select([hit.id])
    } else if (before.has(hit.id)) {
      select([...before].filter((id) => id !== hit.id))
    }
  }

  /** A press of which nobody knows yet whether it is a click. */
  function undecided(
    first: Press,
    drag: Gesture,
    before: ReadonlySet<ShapeId>,
    click: () => void,
  ): Gesture {
    let dragged = false
    return {
      move(presses) {
        dragged ||= presses.some((press) => isDrag(first, press))
        if (dragged) drag.move(presses)
      },
      up(press) {
        dragged ||= isDrag(first, press)
        if (dragged) drag.up(press)
        else click()
      },
      cancel() {
        if (dragged) drag.cancel()
        const left = [...before].filter((id) => editor.board.get(id) !== null)
        selection.value = left.length === before.size ? before : new Set(left)
      },
    }
  }
}
