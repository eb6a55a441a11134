import { batch } from '@preact/signals-core'
import type { Editor } from '../editor/editor.ts'
import type { LineEnd } from '../editor/handles.ts'
import { minus, type Point, plus } from '../geometry/point.ts'
import type { Line, ShapeId } from '../model/shape.ts'
import type { Gesture, Press } from './tool.ts'
import { turned } from './turned.ts'

/** Two ends nearer than this would leave nothing to see, or to take hold of. */
const SHORTEST = 1

/**
 * Drags one end of a line; the other stays, and shift turns the line in steps of 15°. No stretch can
 * say that (it never turns a box inside out), so the line to be is a draft and the old one dimmed.
 */
export function dragLineEnd(editor: Editor, first: Press, id: ShapeId, end: LineEnd): Gesture {
  const { board, draft, erasing } = editor

  const lineNow = (): Line | null => {
    const shape = board.get(id)
    return shape?.kind === 'line' || shape?.kind === 'arrow' ? shape : null
  }

  /** Where the line will be; `null` once somebody has removed it. */
  const show = (press: Press): Pick<Line, 'at' | 'size'> | null => {
    const line = lineNow()
    const dragged = line && draggedEnd(line, end, minus(press.at, first.at), press.shift)
    batch(() => {
      draft.value = line && dragged && { kind: line.kind, look: line.look, ...dragged }
      if (line !== null && !erasing.value.has(id)) erasing.value = new Set([id])
    })
    return dragged
  }

  const hide = (): void => {
    draft.value = null
    erasing.value = new Set()
  }

  return {
    move(presses) {
      const last = presses.at(-1)
      if (last !== undefined) show(last)
    },
    up(press) {
      batch(() => {
        const dragged = show(press)
        hide()
        if (dragged !== null) board.change(new Map([[id, dragged]]))
      })
    },
    cancel: hide,
  }
}

function draggedEnd(
  { at, size }: Line,
  end: LineEnd,
  by: Point,
  inSteps: boolean,
): Pick<Line, 'at' | 'size'> {
  const fixed = end === 'end' ? at : plus(at, size)
  const moving = plus(end === 'end' ? plus(at, size) : at, by)
  const free = minus(moving, fixed)
  const way = inSteps ? turned(free) : free
  if (Math.hypot(...way) < SHORTEST) return { at, size }
  return end === 'end'
    ? { at: fixed, size: way }
    : { at: plus(fixed, way), size: minus([0, 0], way) }
}
