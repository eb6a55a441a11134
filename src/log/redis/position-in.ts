import type { Epoch, Position } from '../../core/position.ts'

const [DOT, COLON, ZERO, NINE, A, F, Z] = [0x2e, 0x3a, 0x30, 0x39, 0x61, 0x66, 0x7a]
const GENERATION = 15
const INCARNATION = 32
const OFFSET = 15
const CHECK = 16

/**
 * The position that some bytes of a reply are, as `parsePosition` reads it of a text; `null` when they
 * are none.
 *
 * Its parts are texts of their own: one that was cut out of a longer text keeps all of that alive, and
 * of each busy entity some positions are kept.
 */
export function positionIn(bytes: Buffer, from: number, to: number): Position | null {
  const dot = passDigits(bytes, from, GENERATION)
  if (dot === from || bytes[dot] !== DOT) return null
  let colon = dot + 1
  while (colon - dot <= INCARNATION && isDigitOrIn(bytes[colon] as number, Z)) colon++
  if (bytes[colon] !== COLON) return null
  const end = passDigits(bytes, colon + 1, OFFSET)
  if (end === colon + 1 || bytes[end] !== COLON || to - end - 1 !== CHECK) return null
  for (let at = end + 1; at < to; at++) if (!isDigitOrIn(bytes[at] as number, F)) return null
  let offset = 0
  for (let at = colon + 1; at < end; at++) offset = offset * 10 + (bytes[at] as number) - ZERO
  return {
    epoch: bytes.toString('latin1', from, colon) as Epoch,
    offset,
    check: bytes.toString('latin1', end + 1, to),
  }
}

/** The place of a byte, or `to` when it is not there. */
export function placeOfByte(bytes: Buffer, byte: number, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] !== byte) at++
  return at
}

function passDigits(bytes: Buffer, from: number, most: number): number {
  let at = from
  while (at - from < most && isDigitOrIn(bytes[at] as number, 0)) at++
  return at
}

/** @param last The last of the letters that count too; 0 for none. */
const isDigitOrIn = (byte: number, last: number): boolean =>
  (byte >= ZERO && byte <= NINE) || (byte >= A && byte <= last)
