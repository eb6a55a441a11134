import type { Editor } from '../editor/editor.ts'
import { type Box, boxBetween } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'
import type { NewShape } from '../model/shape.ts'
import { drawn } from './drawn.ts'
import { isDrag } from './slack.ts'
import type { Press, Tool } from './tool.ts'

/** What a mere click makes, around where it was. */
const CLICKED_SIZE: Point = [160, 100]

/** Draws a rectangle or an ellipse: shift makes it a square or a circle, alt grows it from the centre. */
export function createFrame(editor: Editor, kind: 'rectangle' | 'ellipse'): Tool {
  return {
    down(first) {
      let dragged = false
      return {
        move(presses) {
          const last = presses.at(-1)
          dragged ||= presses.some((press) => isDrag(first, press))
          if (last !== undefined && dragged) editor.draft.value = shapeOf(boxOf(first, last))
        },
        up(last) {
          dragged ||= isDrag(first, last)
          drawn(editor, shapeOf(dragged ? boxOf(first, last) : clicked(first)))
        },
        cancel() {
          editor.draft.value = null
        },
      }
    },
  }

  function shapeOf({ x, y, width, height }: Box): NewShape {
    return {
      kind,
      at: [x, y],
      size: [Math.max(1, width), Math.max(1, height)],
      look: editor.look.value,
    }
  }
}

function clicked({ at: [x, y] }: Press): Box {
  const [width, height] = CLICKED_SIZE
  return { x: x - width / 2, y: y - height / 2, width, height }
}

function boxOf({ at: [x, y] }: Press, { at, shift, alt }: Press): Box {
  let dx = at[0] - x
  let dy = at[1] - y
  if (shift) {
    const side = Math.max(Math.abs(dx), Math.abs(dy))
    dx = dx < 0 ? -side : side
    dy = dy < 0 ? -side : side
  }
  return boxBetween(alt ? [x - dx, y - dy] : [x, y], [x + dx, y + dy])
}
