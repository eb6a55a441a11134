import type { InkPoint } from './ink-point.ts'
import { InkReader } from './ink-reader.ts'
import { InkWriter } from './ink-writer.ts'

/**
 * Packs the points of a whole stroke, rounded to multiples of `unit`, a power of two in units of
 * the board. One chunk of the format in `ink-format.ts`: 1 to 1.8 bytes per point.
 */
export function packInk(points: readonly InkPoint[], unit: number): Uint8Array {
  return new InkWriter(unit).chunk(points)
}

/**
 * The points of a packed stroke; none if the bytes are not packed ink. The shapes of a board have
 * passed this already. Unpacks anew on each call: whoever needs the points often keeps them, in a
 * `WeakMap` by `shape.ink`, which stays the same array when a shape is moved.
 */
export function unpackInk(bytes: Uint8Array): readonly InkPoint[] {
  return readInk(bytes) ?? []
}

/** As `unpackInk`, but `null` for what is not packed ink. */
export function readInk(bytes: Uint8Array): readonly InkPoint[] | null {
  const reader = new InkReader()
  return reader.read(bytes) ? reader.points : null
}
