import { varUintLength } from '../core/varint.ts'
import { NO_DELETES, type Run, sizeOfRun, updateOfRuns } from './runs.ts'
import type { SoundUpdate, StateVector } from './scan.ts'
import { deleteSetOf, lackingRuns, type OpenSnapshot, type SnapshotRun } from './slices.ts'
import { StructWalk } from './struct-walk.ts'

/** Above so many bytes a stock client gets a snapshot in pieces. */
export const PIECE_BYTES = 8 * 2 ** 20

/**
 * What a client with that state vector lacks of the snapshot (`sliceFor`), in pieces of at most
 * `limit` bytes, as one large frame would outlast the time-out of a stock client.
 *
 * The first struct of every client id is held back for the last piece, which also brings the delete
 * set. So nothing of the earlier ones can be applied: they wait inside the client's document, and
 * the last piece makes everything appear at once. Pieces that can be applied one by one are
 * forbidden: y-prosemirror deletes the nodes it finds half-built, for everybody.
 *
 * Structs are never cut. One that alone is over the limit is a piece by itself, and the last piece
 * is as large as what it must hold. Pieces are made when they are asked for.
 */
export function* piecesFor(
  snapshot: OpenSnapshot,
  have: StateVector,
  limit: number = PIECE_BYTES,
): Generator<SoundUpdate> {
  const { update } = snapshot
  const runs = lackingRuns(snapshot, have)
  const deleteSet = deleteSetOf(snapshot)
  let size = varUintLength(runs.length) + deleteSet.length
  for (const run of runs) size += sizeOfRun(run)
  if (size <= limit) {
    yield updateOfRuns(update, runs, deleteSet)
    return
  }
  const held: Run[] = []
  const full = limit - varUintLength(runs.length) - NO_DELETES.length
  let piece: Run[] = []
  let room = full
  for (const run of runs) {
    let [part, rest] = splitFirst(snapshot, run)
    held.push(part)
    while (rest !== null) {
      const split: Split = splitAt(snapshot, rest, room)
      if (split[0] !== null) {
        piece.push(split[0])
        room -= sizeOfRun(split[0])
        rest = split[1]
      } else if (piece.length === 0) {
        ;[part, rest] = splitFirst(snapshot, rest)
        yield updateOfRuns(update, [part], NO_DELETES)
      } else {
        yield updateOfRuns(update, piece, NO_DELETES)
        piece = []
        room = full
      }
    }
  }
  if (piece.length > 0) yield updateOfRuns(update, piece, NO_DELETES)
  yield updateOfRuns(update, held, deleteSet)
}

type Split = [part: Run | null, rest: SnapshotRun | null]

/** A run's first struct, and the rest. */
function splitFirst(snapshot: OpenSnapshot, run: SnapshotRun): [Run, SnapshotRun | null] {
  if (run.structs === 1) return [run, null]
  const walk = new StructWalk(snapshot.update, run.from, run.clock)
  walk.step()
  return splitBefore(run, 1, walk.clock, walk.at)
}

/** As many of a run's structs as `room` bytes hold, its header included, and the rest. */
function splitAt({ update, index }: OpenSnapshot, run: SnapshotRun, room: number): Split {
  if (sizeOfRun(run) <= room) return [run, null]
  const header = sizeOfRun(run) - (run.to - run.from)
  const most = run.from + room - header
  const first = index.structs(run.section) - run.structs
  let { struct, clock, at } = index.markAtByte(run.section, most)
  if (struct < first) ({ struct, clock, at } = { struct: first, clock: run.clock, at: run.from })
  const walk = new StructWalk(update, at, clock)
  for (walk.step(); walk.at <= most; walk.step()) {
    struct++
    clock = walk.clock
    at = walk.at
  }
  return struct === first ? [null, run] : splitBefore(run, struct - first, clock, at)
}

/** Splits before the struct with that clock at that byte; `structs` come before it. */
const splitBefore = (
  run: SnapshotRun,
  structs: number,
  clock: number,
  at: number,
): [Run, SnapshotRun] => [
  { ...run, structs, to: at },
  { ...run, structs: run.structs - structs, clock, from: at },
]
