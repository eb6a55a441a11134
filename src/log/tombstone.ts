import type { StateVector } from '../crdt/scan.ts'

/**
 * What several removals removed, as one state vector: the highest clock of each client. A struct
 * below it belonged to a removed generation, whichever it was.
 */
export function mergeTombstones(vectors: readonly StateVector[]): StateVector | null {
  if (vectors.length === 0) return null
  const merged: StateVector = new Map()
  for (const vector of vectors) {
    for (const [client, clock] of vector) {
      if (clock > (merged.get(client) ?? 0)) merged.set(client, clock)
    }
  }
  return merged
}
