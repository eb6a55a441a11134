import type { Kind, Shape } from '../model/shape.ts'

const NAMES = {
  pen: 'Stroke',
  highlighter: 'Highlighter stroke',
  rectangle: 'Rectangle',
  ellipse: 'Ellipse',
  line: 'Line',
  arrow: 'Arrow',
  text: 'Text',
  note: 'Note',
} as const satisfies Record<Kind, string>

/** Enough to know a text by. */
const WORDS_LENGTH = 40

/** How a screen reader calls a shape: `Rectangle`, `Note “Buy milk”`. */
export function nameOf(shape: Shape): string {
  const name = NAMES[shape.kind]
  if (shape.kind !== 'text' && shape.kind !== 'note') return name
  const words = shape.text
    .slice(0, 4 * WORDS_LENGTH)
    .replace(/\s+/g, ' ')
    .trim()
  if (words === '') return name
  const letters = [...words]
  const short =
    letters.length > WORDS_LENGTH ? `${letters.slice(0, WORDS_LENGTH).join('')}…` : words
  return `${name} “${short}”`
}

/** `Rectangle`, or `3 shapes`. */
export function nameOfAll(shapes: readonly Shape[]): string {
  const [only] = shapes
  return only !== undefined && shapes.length === 1 ? nameOf(only) : `${shapes.length} shapes`
}
