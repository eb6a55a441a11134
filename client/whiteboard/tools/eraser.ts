import type { Editor } from '../editor/editor.ts'
import { nameOfAll } from '../editor/name-of.ts'
import { distance, type Point } from '../geometry/point.ts'
import type { ShapeId } from '../model/shape.ts'
import { reachOf } from './slack.ts'
import type { Press, Tool } from './tool.ts'

/**
 * Between two places of a fast eraser it looks again after so many reaches. A line that is crossed
 * passes within reach of one of these points, since neighbours' circles overlap.
 */
const STRIDE = 1.2
/** More looks per move no hand needs: one that zooms in while it erases could ask for any number. */
const MOST_LOOKS = 1_000

/**
 * Removes what it passes over when it lifts; until then that is only dimmed. A click means what lies
 * topmost, a drag everything that it touches.
 */
export function createEraser(editor: Editor): Tool {
  const { board, index, erasing } = editor
  const touch = (ids: readonly ShapeId[]): void => {
    if (ids.every((id) => erasing.value.has(id))) return
    erasing.value = new Set([...erasing.value, ...ids])
  }
  return {
    down(first) {
      let last = first.at
      erasing.value = new Set()
      touch(touched(first).slice(0, 1))
      return {
        move(presses) {
          const found = presses.flatMap((press) => {
            const shapes = alongTo(press)
            last = press.at
            return shapes
          })
          touch(found)
        },
        up(press) {
          if (distance(press.at, last) > 0) touch(alongTo(press))
          const doomed = [...erasing.value].flatMap((id) => board.get(id) ?? [])
          erasing.value = new Set()
          if (doomed.length === 0) return
          board.remove(doomed.map(({ id }) => id))
          editor.announcement.value = `${nameOfAll(doomed)} deleted`
        },
        cancel() {
          erasing.value = new Set()
        },
      }

      function alongTo(press: Press): ShapeId[] {
        return placesBetween(
          last,
          press.at,
          STRIDE * reachOf(press, editor.camera.value.zoom),
        ).flatMap((at) => touched({ ...press, at }))
      }
    },
  }

  function touched(press: Press): ShapeId[] {
    return index.at(press.at, reachOf(press, editor.camera.value.zoom)).map(({ id }) => id)
  }
}

/** Points at most `stride` apart from `from` to `to`, both included. */
function placesBetween(from: Point, to: Point, stride: number): Point[] {
  const steps = Math.min(MOST_LOOKS, Math.max(1, Math.ceil(distance(from, to) / stride)))
  return Array.from({ length: steps + 1 }, (_, step) => {
    const share = step / steps
    return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]
  })
}
