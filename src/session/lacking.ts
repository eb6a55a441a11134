import { PIECE_BYTES, piecesFor } from '../crdt/pieces.ts'
import { type SoundUpdate, type StateVector, UpdateScan } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import { deleteSetOf, lackingRuns, type OpenSnapshot } from '../crdt/slices.ts'
import { SnapshotIndex } from '../crdt/snapshot-index.ts'

/** An update of no structs and no deletes has two bytes. */
const NOTHING = 2

/**
 * What a client with that state vector lacks of a snapshot, piece by piece. A client that has nothing
 * of it gets the very bytes that all joiners share; pieces of one that has a part are made when they
 * are asked for, so that a slow one holds one at a time.
 */
export function* lacking(snapshot: OpenSnapshot, have: StateVector): Generator<SoundUpdate, void> {
  const pieces = hasNothingOf(snapshot, have) ? wholly(snapshot) : piecesFor(snapshot, have)
  for (const piece of pieces) if (piece.length > NOTHING) yield piece
}

/** How many bytes `lacking` gives, about. */
export function bytesLacking(snapshot: OpenSnapshot, have: StateVector): number {
  if (hasNothingOf(snapshot, have)) return somethingIn(snapshot.update.length)
  let bytes = deleteSetOf(snapshot).length
  for (const { from, to } of lackingRuns(snapshot, have)) bytes += to - from
  return somethingIn(bytes)
}

const somethingIn = (bytes: number): number => (bytes > NOTHING ? bytes : 0)

/** All of a snapshot: its own bytes, or pieces that are cut once. */
function wholly(snapshot: OpenSnapshot): Iterable<SoundUpdate> {
  if (snapshot.update.length <= PIECE_BYTES) return [snapshot.update]
  let pieces = cutSnapshots.get(snapshot)
  if (pieces === undefined) {
    pieces = new SharedPieces(piecesFor(snapshot, NOBODY))
    cutSnapshots.set(snapshot, pieces)
  }
  return pieces
}

function hasNothingOf(snapshot: OpenSnapshot, have: StateVector): boolean {
  for (const client of have.keys()) if (snapshot.stateVector.has(client)) return false
  return true
}

const NOBODY: StateVector = new Map()
/** Cut tails by the bytes they were cut from: all joiners of a moment share them. */
const cutTails = new WeakMap<SoundUpdate, readonly SoundUpdate[]>()
/** Cut snapshots go with what they were cut from, which is counted with them: `States`. */
const cutSnapshots = new WeakMap<OpenSnapshot, SharedPieces>()

/** Pieces that are cut when somebody first asks for them, and are then the same for everybody. */
class SharedPieces implements Iterable<SoundUpdate> {
  readonly #cut: SoundUpdate[] = []
  #uncut: Iterator<SoundUpdate>

  constructor(uncut: Iterator<SoundUpdate>) {
    this.#uncut = uncut
  }

  *[Symbol.iterator](): Generator<SoundUpdate, void> {
    for (let at = 0; ; at++) {
      const piece = this.#cut[at] ?? this.#next()
      if (piece === undefined) return
      yield piece
    }
  }

  #next(): SoundUpdate | undefined {
    try {
      const { value, done } = this.#uncut.next()
      if (done === true) return undefined
      this.#cut.push(value)
      return value
    } catch (error) {
      // A generator that threw is at its end, which nobody may take for the end of the snapshot.
      this.#uncut = {
        next() {
          throw error
        },
      }
      throw error
    }
  }
}

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
