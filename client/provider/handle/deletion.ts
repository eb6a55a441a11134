import { createEncoder, toUint8Array, writeVarUint } from 'lib0/encoding'
import * as Y from 'yjs'

/**
 * An update that deletes all that this one brings, and nothing else: each struct keeps its place, so that
 * what builds on it fits.
 */
export function deletionOf(update: Uint8Array): Uint8Array {
  const items = Y.decodeUpdate(update).structs.filter((struct) => struct instanceof Y.Item)
  // No struct; then of each client, here one for each item, how many stretches, and each of them.
  const ranges = items.flatMap(({ id, length }) => [id.client, 1, id.clock, length])
  const to = createEncoder()
  for (const number of [0, items.length, ...ranges]) writeVarUint(to, number)
  return toUint8Array(to)
}
