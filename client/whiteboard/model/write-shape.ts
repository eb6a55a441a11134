import * as Y from 'yjs'
import type { Point } from '../geometry/point.ts'
import { MOST_TEXT } from './limits.ts'
import { shapeOf } from './read-shape.ts'
import type { Change, Look, NewShape, Shape, ShapeId } from './shape.ts'

/** Places are kept in 128ths: finer than any pixel, and most fit a number of four bytes. */
const FINENESS = 128

const fine = ([x, y]: Point): [number, number] => [
  Math.round(x * FINENESS) / FINENESS + 0,
  Math.round(y * FINENESS) / FINENESS + 0,
]

const lookOf = ({ colour, size, fill }: Look): [number, number, number] => [colour, size, fill]

/**
 * The map that a new shape is in the document; `null` if nobody would read it as a shape. All of it
 * is made at once, with its words: two people who each add what is missing would end up with two
 * texts, and one of them is lost.
 */
export function mapOf(shape: NewShape, order: string): Y.Map<unknown> | null {
  const fields = new Map<string, unknown>([
    ['kind', shape.kind],
    ['at', fine(shape.at)],
    ['size', fine(shape.size)],
    ['look', lookOf(shape.look)],
    ['order', order],
  ])
  if ('ink' in shape) fields.set('ink', shape.ink)
  const text = 'text' in shape ? shape.text.slice(0, MOST_TEXT).toWellFormed() : null
  if (shapeOf('new' as ShapeId, fields, text) === null) return null
  const map = new Y.Map<unknown>(fields)
  if (text !== null) map.set('text', new Y.Text(text))
  return map
}

/** Writes what is different. One value per property: a place that is half mine and half yours is nobody's. */
export function writeChange(map: Y.Map<unknown>, before: Shape, change: Change): void {
  writePoint(map, 'at', before.at, change.at)
  writePoint(map, 'size', before.size, change.size)
  if (change.look !== undefined) {
    const look = lookOf(change.look)
    if (String(look) !== String(lookOf(before.look))) map.set('look', look)
  }
}

function writePoint(
  map: Y.Map<unknown>,
  name: 'at' | 'size',
  before: Point,
  after: Point | undefined,
): void {
  if (after === undefined) return
  const [x, y] = fine(after)
  if (Number.isFinite(x + y) && (x !== before[0] || y !== before[1])) map.set(name, [x, y])
}
