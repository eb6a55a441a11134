import * as Y from 'yjs'
import type { Point } from '../geometry/point.ts'
import { isInk } from './ink-reader.ts'
import { FARTHEST, MOST_TEXT } from './limits.ts'
import { FIRST_ORDER, isOrder } from './order.ts'
import { COLOURS, FILLS, KINDS, type Look, type Shape, type ShapeId, SIZES } from './shape.ts'

/** What holds the fields of a shape: a `Y.Map` of the document, or a plain `Map`. */
export interface Fields {
  get(name: string): unknown
}

/**
 * The shape in an entry of the document; `null` for what is none, or is deleted.
 *
 * Anybody may have written the entry. What a shape cannot be without has to be right: its kind, its
 * place, its extent, its ink. What it can be without is replaced: its look, its place in the pile.
 */
export function readShape(id: ShapeId, entry: unknown): Shape | null {
  if (!(entry instanceof Y.Map) || entry.get('gone') === true) return null
  const text: unknown = entry.get('text')
  return shapeOf(id, entry, text instanceof Y.Text ? beginningOf(text) : null)
}

/** The same for fields from anywhere. `text` is `null` where there are no words. */
export function shapeOf(id: ShapeId, fields: Fields, text: string | null): Shape | null {
  const kind = KINDS.find((known) => known === fields.get('kind'))
  const at = readPoint(fields.get('at'))
  const size = readPoint(fields.get('size'))
  if (kind === undefined || at === null || size === null) return null
  const order = fields.get('order')
  const common = {
    id,
    at,
    look: readLook(fields.get('look')),
    order: isOrder(order) ? order : FIRST_ORDER,
  }
  const extent: Point = [Math.max(0, size[0]), Math.max(0, size[1])]
  switch (kind) {
    case 'pen':
    case 'highlighter': {
      const ink = fields.get('ink')
      if (!(ink instanceof Uint8Array) || !isInk(ink)) return null
      return { ...common, kind, size: extent, ink }
    }
    case 'text':
    case 'note':
      return text === null ? null : { ...common, kind, size: extent, text }
    case 'rectangle':
    case 'ellipse':
      return { ...common, kind, size: extent }
    case 'line':
    case 'arrow':
      return { ...common, kind, size }
  }
}

/** Two finite numbers, kept on the board; `null` for anything else. */
export function readPoint(value: unknown): Point | null {
  if (!Array.isArray(value) || value.length !== 2) return null
  const [x, y]: unknown[] = value
  if (typeof x !== 'number' || typeof y !== 'number' || !Number.isFinite(x + y)) return null
  return [onBoard(x), onBoard(y)]
}

/** Adding 0 makes 0 of -0, which tests and keys would take for another number. */
const onBoard = (value: number): number => Math.max(-FARTHEST, Math.min(FARTHEST, value)) + 0

export function readLook(value: unknown): Look {
  const [colour, size, fill]: unknown[] = Array.isArray(value) ? value : []
  return {
    colour: indexInto(COLOURS, colour) ?? 0,
    size: indexInto(SIZES, size) ?? 1,
    fill: indexInto(FILLS, fill) ?? 0,
  }
}

function indexInto(list: readonly unknown[], value: unknown): number | null {
  const isOne =
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < list.length
  return isOne ? value + 0 : null
}

/**
 * The first `MOST_TEXT` units of a text. `toString()` would put all of it together first, which is
 * megabytes, if somebody means ill, for each key that is pressed in it.
 */
function beginningOf(text: Y.Text): string {
  let words = ''
  for (let item = text._start; item !== null && words.length <= MOST_TEXT; item = item.right) {
    if (!item.deleted && item.content instanceof Y.ContentString) words += item.content.str
  }
  if (words.length <= MOST_TEXT) return words
  // Never half of a pair.
  return words.slice(0, isHigh(words.charCodeAt(MOST_TEXT - 1)) ? MOST_TEXT - 1 : MOST_TEXT)
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff
