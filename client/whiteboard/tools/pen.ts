import type { Editor } from '../editor/editor.ts'
import type { InkPoint } from '../model/ink-point.ts'
import type { Press, Tool } from './tool.ts'

/** Draws a stroke that everybody sees grow, and stays in the hand for the next one. */
export function createPen(editor: Editor, kind: 'pen' | 'highlighter'): Tool {
  return {
    down(press) {
      const stroke = editor.live.begin(kind, editor.look.value, editor.camera.value.zoom)
      let last = press
      stroke.add([inkOf(press)])
      return {
        move(presses) {
          // A resting hand still sends its place, again and again.
          const points: InkPoint[] = []
          for (const press of presses) {
            if (samePlace(press, last) && press.pressure <= last.pressure) continue
            points.push(inkOf(press))
            last = press
          }
          if (points.length > 0) stroke.add(points)
        },
        up(press) {
          // A lifted pen has no pressure: the line ends as strong as it was.
          if (!samePlace(press, last)) stroke.add([inkOf({ ...press, pressure: last.pressure })])
          stroke.end()
        },
        cancel: () => stroke.cancel(),
      }
    },
  }
}

const inkOf = ({ at: [x, y], pressure }: Press): InkPoint => [x, y, pressure]

const samePlace = (a: Press, b: Press): boolean => a.at[0] === b.at[0] && a.at[1] === b.at[1]
