import { PIECE_BYTES, piecesFor } from '../crdt/pieces.ts'
import type { SoundUpdate, StateVector } from '../crdt/scan.ts'
import type { OpenSnapshot } from '../crdt/slices.ts'

/** An update of no structs and no deletes has two bytes. */
const NOTHING = 2

/**
 * What a client with that state vector lacks of a snapshot, piece by piece, and then the tail if it
 * is given. A client that has nothing of it gets the very bytes of the snapshot, which all joiners
 * share; pieces are made when they are asked for, so that a slow joiner holds one at a time.
 */
export function* lacking(
  snapshot: OpenSnapshot,
  have: StateVector,
  tail: SoundUpdate | null,
): Generator<SoundUpdate, void> {
  if (snapshot.update.length <= PIECE_BYTES && hasNothingOf(snapshot, have)) {
    if (snapshot.update.length > NOTHING) yield snapshot.update
  } else {
    for (const piece of piecesFor(snapshot, have)) if (piece.length > NOTHING) yield piece
  }
  if (tail !== null && tail.length > NOTHING) yield tail
}

function hasNothingOf(snapshot: OpenSnapshot, have: StateVector): boolean {
  for (const client of have.keys()) if (snapshot.stateVector.has(client)) return false
  return true
}
