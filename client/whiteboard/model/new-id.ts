import type { ShapeId } from './shape.ts'

const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** A number in [0, 1). */
export type Random = () => number

/** Of the quality that names need: two pages never make the same ones. */
export const trulyRandom: Random = () =>
  (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32

/**
 * The name of a new shape: ten signs, 60 bits, so that a billion shapes of one board still meet
 * with a chance of one in two. Short, because it is in the document twice for every stroke.
 */
export function newId(random: Random): ShapeId {
  return (signs(random) + signs(random)) as ShapeId
}

/** Five signs, from the thirty bits that one number is good for. */
function signs(random: Random): string {
  let rest = Math.floor(random() * 2 ** 30)
  let text = ''
  for (let n = 0; n < 5; n += 1) {
    text += SIGNS[rest & 63]
    rest >>= 6
  }
  return text
}

const ID = /^[\w-]{1,32}$/

export const isShapeId = (value: string): value is ShapeId => ID.test(value)
