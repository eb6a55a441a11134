import type { Editor } from '../editor/editor.ts'
import { minus } from '../geometry/point.ts'
import type { NewShape } from '../model/shape.ts'
import { drawn } from './drawn.ts'
import { isDrag } from './slack.ts'
import type { Press, Tool } from './tool.ts'
import { turned } from './turned.ts'

/** Draws a line or an arrow; with shift it turns in steps of 15°. A mere click makes nothing. */
export function createLine(editor: Editor, kind: 'line' | 'arrow'): Tool {
  return {
    down(first) {
      const lineTo = (last: Press): NewShape => {
        const way = minus(last.at, first.at)
        const size = last.shift ? turned(way) : way
        return { kind, at: first.at, size, look: editor.look.value }
      }
      return {
        move(presses) {
          const last = presses.at(-1)
          if (last === undefined) return
          editor.draft.value = isDrag(first, last) ? lineTo(last) : null
        },
        up(last) {
          if (isDrag(first, last)) drawn(editor, lineTo(last))
          else editor.draft.value = null
        },
        cancel() {
          editor.draft.value = null
        },
      }
    },
  }
}
