import type { Writing } from '../model/shape.ts'
import type { Measure } from '../scene/measure.ts'
import { LINE_HEIGHT } from '../scene/sizes.ts'
import { layoutOf, notePadding } from '../scene/words.ts'

/** Where the words of a shape are while they are edited: in units of the board, from its `at`. */
export interface FieldPlace {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Of the letters. */
  readonly size: number
  /** Of the first line, from `y` on. */
  readonly baseline: number
  /** Whether long lines wrap at `width`. */
  readonly wraps: boolean
}

/**
 * @param needed The height that the field wants for its lines, if it wraps them otherwise than the
 *   canvas does: a browser breaks a line after a hyphen, too.
 */
export function fieldPlace(shape: Writing, measure: Measure, needed = 0): FieldPlace {
  const { lines, size, width, height } = layoutOf(shape, measure)
  const rows = Math.max(1, lines.length) * LINE_HEIGHT * size
  const top = shape.kind === 'text' ? 0 : (height - rows) / 2
  const baseline = lines[0] === undefined ? size : lines[0].y - top
  if (shape.kind === 'text') {
    const wraps = shape.size[0] > 0
    // Room for the caret, and for the letter that comes next: the field grows after it.
    const room = wraps ? 1 : 2 * size
    const high = Math.max(height, needed)
    return { x: 0, y: 0, width: width + room, height: high, size, baseline, wraps }
  }
  const padding = notePadding(width, height)
  const most = Math.max(LINE_HEIGHT * size, height - 2 * padding)
  const high = Math.min(most, Math.max(rows, needed))
  // One more, or what just fits on the canvas wraps in the field.
  const across = Math.max(size, width - 2 * padding) + 1
  return {
    x: padding - 0.5,
    y: (height - high) / 2,
    width: across,
    height: high,
    size,
    baseline,
    wraps: true,
  }
}
