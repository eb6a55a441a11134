import type { Kind, Look } from '../model/shape.ts'

/** By `SIZES` of `model/shape.ts`, in units of the board. */
const LINES = [2.5, 4.5, 8, 16]
const HIGHLIGHTERS = [12, 20, 32, 56]
const LETTERS = [18, 28, 44, 72]

/** The highest line of text, as a multiple of the letters' size; `1.3` in CSS, too. */
export const LINE_HEIGHT = 1.3

const pick = (sizes: readonly number[], { size }: Look): number => sizes[size] ?? sizes[1] ?? 1

/** How wide the lines of a shape are. */
export const lineWidth = (kind: Kind, look: Look): number =>
  pick(kind === 'highlighter' ? HIGHLIGHTERS : LINES, look)

/** How large the letters of a text are; of a note, how large they are at most. */
export const letterSize = (look: Look): number => pick(LETTERS, look)
