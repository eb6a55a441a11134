import { varUintLength, writeVarUint } from '../core/varint.ts'
import { isJsonNull, scanJson } from './json-scan.ts'
import { Reader } from './reader.ts'

/** What one awareness frame says about one client. */
export interface AwarenessEntry {
  readonly client: number
  /** Grows with every state of that client. */
  readonly clock: number
  /** JSON in UTF-8, a view into the frame: copy it to keep it. `null` is "gone". */
  readonly state: Uint8Array | null
}

/** Bounds of one state: its bytes, and how deep its brackets may stand. */
export interface AwarenessLimits {
  readonly bytes: number
  readonly depth: number
}

/** Why a state is left out: too long, brackets too deep, not JSON, a clock that nobody reaches. */
export type AwarenessFault = 'bytes' | 'depth' | 'json' | 'clock'

export interface AwarenessFrame {
  /** One per client, in the order of the frame. */
  readonly entries: readonly AwarenessEntry[]
  /** How many entries were left out, in all and by reason. */
  readonly dropped: number
  readonly faults: Readonly<Record<AwarenessFault, number>>
}

/**
 * A clock counts states: even a pointer that moves at 60 Hz needs a year for 2^31. A higher one is
 * there to freeze somebody's presence, and would leave the next owner no clock above it.
 */
const MOST_CLOCK = 2 ** 31 - 1

/** A frame names nobody whom no session could be: an entity has at most 10,000 of them. */
const MOST_ENTRIES = 2 ** 16

const NULL = new TextEncoder().encode('null')

/**
 * Takes the body of an awareness frame apart: `varUint n, n × (client, clock, varString JSON)`.
 *
 * States are checked and stay bytes. A state that may not be passed on takes only its own entry
 * with it, for one invalid state costs every receiver the whole frame. Of two entries about one
 * client the newer counts, as if they had come one after the other.
 *
 * @throws {TributaryError} `malformed` when the frame itself does not hold together.
 * @example
 * const { entries, faults } = readAwareness(body, { bytes: 16_384, depth: 64 })
 */
export function readAwareness(body: Uint8Array, limits: AwarenessLimits): AwarenessFrame {
  const reader = new Reader(body)
  const newest = new Map<number, AwarenessEntry>()
  const faults = { bytes: 0, depth: 0, json: 0, clock: 0 }
  let dropped = 0
  // An entry has at least an id, a clock and the length of its state, each one byte.
  const count = reader.count(3)
  if (count > MOST_ENTRIES) reader.fail('a frame names more clients than can be here')
  for (let left = count; left > 0; left--) {
    const client = reader.uint()
    const clock = reader.uint()
    const size = reader.size()
    const from = reader.at
    reader.skip(size)
    const fault = faultOf(body, from, reader.at, clock, limits)
    if (fault !== null) {
      faults[fault]++
      dropped++
      continue
    }
    const state = isJsonNull(body, from, reader.at) ? null : body.subarray(from, reader.at)
    const entry = { client, clock, state }
    const other = newest.get(client)
    if (other === undefined || isNewer(entry, other)) newest.set(client, entry)
  }
  reader.end()
  return { entries: [...newest.values()], dropped, faults }
}

function faultOf(
  body: Uint8Array,
  from: number,
  to: number,
  clock: number,
  limits: AwarenessLimits,
): AwarenessFault | null {
  if (clock > MOST_CLOCK) return 'clock'
  if (to - from > limits.bytes) return 'bytes'
  return scanJson(body, from, to, limits.depth)
}

/** The rule of y-protocols: a higher clock, or the same one with "gone". */
const isNewer = (entry: AwarenessEntry, other: AwarenessEntry): boolean =>
  entry.clock > other.clock ||
  (entry.clock === other.clock && entry.state === null && other.state !== null)

/**
 * The body of a frame with these entries.
 *
 * @example encodeAwareness([{ client: 7, clock: 2, state: null }])
 */
export function encodeAwareness(entries: readonly AwarenessEntry[]): Uint8Array {
  let size = varUintLength(entries.length)
  for (const { client, clock, state } of entries) {
    const { length } = state ?? NULL
    size += varUintLength(client) + varUintLength(clock) + varUintLength(length) + length
  }
  const body = new Uint8Array(size)
  let at = writeVarUint(body, 0, entries.length)
  for (const { client, clock, state } of entries) {
    const json = state ?? NULL
    at = writeVarUint(body, at, client)
    at = writeVarUint(body, at, clock)
    at = writeVarUint(body, at, json.length)
    body.set(json, at)
    at += json.length
  }
  return body
}
