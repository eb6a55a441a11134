import { MESSAGE_BYTES } from '../../bus/bus.ts'
import { TributaryError } from '../../core/errors.ts'
import { varUintLength, writeVarUint } from '../../core/varint.ts'
import {
  type AwarenessEntry,
  type AwarenessLimits,
  encodeAwareness,
  readAwareness,
} from '../../crdt/awareness.ts'
import { Cursor } from '../../wire/cursor.ts'

/** What a node tells the others about who is on an entity: only ever of its own sessions. */
export interface Tidings {
  /** By sessions that own the id. */
  readonly owned: readonly AwarenessEntry[]
  /** By sessions that speak for it without owning it. */
  readonly spoken: readonly AwarenessEntry[]
  /** Nobody on that node speaks for it any more. The clock is that of a `null`, if nobody else does. */
  readonly left: readonly AwarenessEntry[]
}

const PARTS = ['owned', 'spoken', 'left'] as const
type Part = (typeof PARTS)[number]

/** Room for the lengths of the parts, and their counts. */
const FRAME = 32
/** Beside the state: id, clock and length, at their longest. */
const ENTRY = 24

/**
 * Bodies of messages, each within the bound: three awareness bodies with their lengths. A state that
 * is too large for one, as a raised limit may allow, is left out.
 */
export function* encodeTidings(tidings: Tidings): Iterable<Uint8Array> {
  let parts: Record<Part, AwarenessEntry[]> = { owned: [], spoken: [], left: [] }
  let bytes = FRAME
  for (const part of PARTS) {
    for (const entry of tidings[part]) {
      const size = ENTRY + (entry.state?.length ?? 0)
      if (FRAME + size > MESSAGE_BYTES) continue
      if (bytes + size > MESSAGE_BYTES) {
        yield encode(parts)
        parts = { owned: [], spoken: [], left: [] }
        bytes = FRAME
      }
      parts[part].push(entry)
      bytes += size
    }
  }
  yield encode(parts)
}

function encode(tidings: Tidings): Uint8Array {
  const bodies = PARTS.map((part) => encodeAwareness(tidings[part]))
  const size = bodies.reduce((sum, { length }) => sum + varUintLength(length) + length, 0)
  const whole = new Uint8Array(size)
  let at = 0
  for (const body of bodies) {
    at = writeVarUint(whole, at, body.length)
    whole.set(body, at)
    at += body.length
  }
  return whole
}

/**
 * Checked like what a client says: one state that is none would cost every client the whole frame.
 * States are views into the bytes. `null` for what no node of this version says.
 */
export function readTidings(bytes: Uint8Array, limits: AwarenessLimits): Tidings | null {
  const cursor = new Cursor(bytes)
  const bodies = PARTS.map(() => cursor.varBytes())
  if (cursor.failed) return null
  try {
    const [owned, spoken, left] = bodies.map((body) => readAwareness(body, limits).entries)
    return owned === undefined || spoken === undefined || left === undefined
      ? null
      : { owned, spoken, left }
  } catch (error) {
    if (error instanceof TributaryError) return null
    throw error
  }
}
