import { varUintLength, writeVarUint } from '../core/varint.ts'
import { Reader } from './reader.ts'
import type { StateVector } from './scan.ts'

/** An entity has no more writers than this: a Map of so many costs about 50 MB. */
const MOST_CLIENTS = 2 ** 20

/**
 * A state vector from a stranger: `varUint n, n × (varUint client, varUint next clock)`.
 *
 * A client with clock 0 has said nothing, and gets no entry.
 *
 * @throws {TributaryError} `malformed`, with the place.
 * @example decodeStateVector(new Uint8Array([1, 7, 3])) // Map { 7 → 3 }
 */
export function decodeStateVector(bytes: Uint8Array): StateVector {
  const reader = new Reader(bytes)
  const count = reader.count(2)
  if (count > MOST_CLIENTS) reader.fail('more clients than any entity has')
  const vector: StateVector = new Map()
  for (let i = 0; i < count; i++) {
    const at = reader.at
    const client = reader.uint()
    const clock = reader.nextClock()
    if (vector.has(client)) reader.fail('a client is named twice', at)
    vector.set(client, clock)
  }
  reader.end()
  for (const [client, clock] of vector) if (clock === 0) vector.delete(client)
  return vector
}

/** The bytes of a state vector, clients by falling id as Yjs writes them. */
export function encodeStateVector(vector: StateVector): Uint8Array {
  const entries = [...vector].sort((a, b) => b[0] - a[0])
  let size = varUintLength(entries.length)
  for (const [client, clock] of entries) size += varUintLength(client) + varUintLength(clock)
  const bytes = new Uint8Array(size)
  let at = writeVarUint(bytes, 0, entries.length)
  for (const [client, clock] of entries) {
    at = writeVarUint(bytes, at, client)
    at = writeVarUint(bytes, at, clock)
  }
  return bytes
}
