import type { Writing } from '../model/shape.ts'
import type { Measure } from './measure.ts'
import { LINE_HEIGHT, letterSize } from './sizes.ts'
import { type Row, Words } from './wrap.ts'

/** The words of a text or a note, in lines, relative to the shape's `at`. */
export interface Layout {
  /** Each with the start of its baseline. */
  readonly lines: readonly { readonly text: string; readonly x: number; readonly y: number }[]
  /** Of the letters; a note shrinks them until the words fit. */
  readonly size: number
  /** What the lines take up; of a note, all of its sheet. */
  readonly width: number
  readonly height: number
}

/** Between the words of a note and its edge; less on a small one. */
const PADDING = 16
const SMALLEST = 6
const SHRINKS_BY = 0.92

const known = new WeakMap<Writing, { readonly measure: Measure; readonly layout: Layout }>()

/** Same shape, same object. */
export function layoutOf(shape: Writing, measure: Measure): Layout {
  const before = known.get(shape)
  if (before?.measure === measure) return before.layout
  const layout = shape.kind === 'note' ? layOutNote(shape, measure) : layOutText(shape, measure)
  known.set(shape, { measure, layout })
  return layout
}

/** The space around the words of a note with these sides. */
export const notePadding = (width: number, height: number): number =>
  Math.min(PADDING, 0.1 * Math.min(Math.abs(width), Math.abs(height)))

/** Where a baseline is in its line: about the middle of letters in the middle of the line. */
const baseline = (size: number) => size * (LINE_HEIGHT / 2 + 0.35)

function layOutText({ text, look, size: [wrapAt] }: Writing, measure: Measure): Layout {
  const size = letterSize(look)
  const words = new Words(text, measure, size)
  const rows = words.rows(wrapAt > 0 ? wrapAt / size : Number.POSITIVE_INFINITY)
  const lineHeight = LINE_HEIGHT * size
  let widest = 0
  for (const { width } of rows) widest = Math.max(widest, width * size)
  return {
    lines: rows.map((row, at) => ({ text: row.text, x: 0, y: at * lineHeight + baseline(size) })),
    size,
    width: wrapAt > 0 ? Math.max(wrapAt, widest) : widest,
    height: rows.length * lineHeight,
  }
}

function layOutNote({ text, look, size: sides }: Writing, measure: Measure): Layout {
  const [width, height] = [Math.abs(sides[0]), Math.abs(sides[1])]
  const padding = notePadding(width, height)
  const [across, down] = [width - 2 * padding, height - 2 * padding]
  const empty = { lines: [], size: SMALLEST, width, height }
  // Too low for a line, or too narrow for the widest letter.
  if (down < LINE_HEIGHT * SMALLEST || across < 1.5 * SMALLEST) return empty
  const largest = letterSize(look)
  const words = new Words(text.slice(0, mostSeen(across, down)), measure, largest)
  const { rows, size } = fitted(words, { across, down, largest })
  const lineHeight = LINE_HEIGHT * size
  const left = Math.min(0, sides[0]) + width / 2
  const top = Math.min(0, sides[1]) + (height - rows.length * lineHeight) / 2
  return {
    lines: rows.map((row, at) => ({
      text: row.text,
      x: left - (row.width * size) / 2,
      y: top + at * lineHeight + baseline(size),
    })),
    size,
    width,
    height,
  }
}

/** More characters than a sheet can show, however narrow they are. The rest is not looked at. */
const mostSeen = (across: number, down: number): number =>
  (Math.ceil(down / SMALLEST) + 1) * (Math.ceil(across / (SMALLEST * 0.2)) + 1)

interface Sheet {
  readonly across: number
  readonly down: number
  readonly largest: number
}

/** The largest letters that fit. Down to half the size, smaller ones are better than broken words. */
function fitted(words: Words, { across, down, largest }: Sheet): { rows: Row[]; size: number } {
  const rowsAt = (size: number) => words.rows(across / size)
  const fits = (size: number) => {
    const rows = rowsAt(size)
    // A single letter may be wider than a narrow sheet.
    const isNarrow = rows.every(({ width }) => width * size <= across + 0.001)
    return isNarrow && rows.length * LINE_HEIGHT * size <= down
  }
  const sizes = [largest]
  for (let size = largest; size > SMALLEST; ) {
    size = Math.max(SMALLEST, size * SHRINKS_BY)
    sizes.push(size)
  }
  const { widest } = words
  const whole = sizes.filter((size) => size >= largest / 2 && widest * size <= across)
  const size = firstThat(fits, whole) ?? firstThat(fits, sizes)
  if (size !== null) return { rows: rowsAt(size), size }
  const most = Math.max(1, Math.floor(down / (LINE_HEIGHT * SMALLEST)))
  return { rows: words.cut(rowsAt(SMALLEST).slice(0, most), across / SMALLEST), size: SMALLEST }
}

/** The first of `sizes`, which shrink, that fits: if one does, all that follow do. */
function firstThat(fits: (size: number) => boolean, sizes: readonly number[]): number | null {
  const least = sizes.at(-1)
  if (least === undefined || !fits(least)) return null
  let [low, high] = [0, sizes.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (fits(sizes[middle] as number)) high = middle
    else low = middle + 1
  }
  return sizes[low] as number
}
