import { beginEditing } from '../editor/editing.ts'
import type { Editor } from '../editor/editor.ts'
import { boxBetween } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'
import type { NewShape } from '../model/shape.ts'
import { LINE_HEIGHT, letterSize } from '../scene/sizes.ts'
import { drawn } from './drawn.ts'
import { isDrag, reachOf } from './slack.ts'
import type { Tool } from './tool.ts'

const NOTE_SIZE = 200
/** A text pulled open narrower than so many letters was not meant to wrap there. */
const LEAST_LETTERS = 2

/**
 * Everything here happens when the press is over: a browser gives the focus to what is under the
 * pointer when it goes down, and would take it from the field that opens.
 */

/** A click makes a text there, or opens the one that is there; a drag says how wide it may become. */
export function createText(editor: Editor): Tool {
  return {
    down(first) {
      return {
        move(presses) {
          const last = presses.at(-1)
          if (last === undefined) return
          editor.marquee.value = isDrag(first, last) ? boxBetween(first.at, last.at) : null
        },
        up(last) {
          editor.marquee.value = null
          const [under] = editor.index.at(first.at, reachOf(first, editor.camera.value.zoom))
          const width = isDrag(first, last) ? Math.abs(last.at[0] - first.at[0]) : 0
          if (width >= LEAST_LETTERS * letterSize(editor.look.value)) {
            write(editor, [Math.min(first.at[0], last.at[0]), first.at[1]], width)
          } else if (under?.kind === 'text') {
            editor.tool.value = 'select'
            beginEditing(editor, under.id)
          } else write(editor, first.at)
        },
        cancel() {
          editor.marquee.value = null
        },
      }
    },
  }
}

/** A press puts a note around it, which can still be shifted until it is let go. */
export function createNote(editor: Editor): Tool {
  return {
    down(press) {
      editor.draft.value = noteAt(editor, press.at)
      return {
        move(presses) {
          const last = presses.at(-1)
          if (last !== undefined) editor.draft.value = noteAt(editor, last.at)
        },
        up({ at }) {
          const id = drawn(editor, noteAt(editor, at))
          if (id !== null) beginEditing(editor, id)
        },
        cancel() {
          editor.draft.value = null
        },
      }
    },
  }
}

/** Makes an empty text whose first line is level with `at`, and opens it. */
export function write(editor: Editor, [x, y]: Point, width = 0): void {
  const look = editor.look.value
  const height = letterSize(look) * LINE_HEIGHT
  const at: Point = [x, y - height / 2]
  const id = drawn(editor, { kind: 'text', at, size: [width, height], look, text: '' })
  if (id === null) return
  beginEditing(editor, id)
  editor.fresh = id
}

function noteAt(editor: Editor, [x, y]: Point): NewShape {
  const at: Point = [x - NOTE_SIZE / 2, y - NOTE_SIZE / 2]
  return { kind: 'note', at, size: [NOTE_SIZE, NOTE_SIZE], look: editor.look.value, text: '' }
}
