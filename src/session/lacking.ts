import { PIECE_BYTES, piecesFor } from '../crdt/pieces.ts'
import { type SoundUpdate, type StateVector, UpdateScan } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import type { OpenSnapshot } from '../crdt/slices.ts'
import { SnapshotIndex } from '../crdt/snapshot-index.ts'

/** An update of no structs and no deletes has two bytes. */
const NOTHING = 2

/**
 * What a client with that state vector lacks of a snapshot, piece by piece. A client that has nothing
 * of it gets the very bytes of the snapshot, which all joiners share; pieces are made when they are
 * asked for, so that a slow joiner holds one at a time.
 */
export function* lacking(snapshot: OpenSnapshot, have: StateVector): Generator<SoundUpdate, void> {
  if (snapshot.update.length <= PIECE_BYTES && hasNothingOf(snapshot, have)) {
    if (snapshot.update.length > NOTHING) yield snapshot.update
    return
  }
  for (const piece of piecesFor(snapshot, have)) if (piece.length > NOTHING) yield piece
}

function hasNothingOf(snapshot: OpenSnapshot, have: StateVector): boolean {
  for (const client of have.keys()) if (snapshot.stateVector.has(client)) return false
  return true
}

/** Cut tails by the bytes they were cut from: all joiners of a moment share them. */
const cutTails = new WeakMap<SoundUpdate, readonly SoundUpdate[]>()
const NOBODY: StateVector = new Map()

/**
 * A merged tail as pieces that stock clients take, of which none but the last can be applied. One
 * piece as a rule: a tail above 8 MB is one that has not been compacted yet.
 */
export function piecesOfTail(tail: SoundUpdate): readonly SoundUpdate[] {
  if (tail.length <= PIECE_BYTES) return [tail]
  let pieces = cutTails.get(tail)
  if (pieces === undefined) {
    pieces = [...piecesFor(opened(tail), NOBODY)]
    cutTails.set(tail, pieces)
  }
  return pieces
}

function opened(update: SoundUpdate): OpenSnapshot {
  const scan = scanUpdate(update, new UpdateScan())
  const stateVector: StateVector = new Map()
  for (let section = 0; section < scan.sections; section++) {
    const last = scan.sectionTo(section) - 1
    const end = (scan.clock[last] as number) + (scan.length[last] as number)
    stateVector.set(scan.sectionClient[section] as number, end)
  }
  return { update, stateVector, index: SnapshotIndex.of(scan) }
}
