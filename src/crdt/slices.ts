import { type Run, updateOfRuns } from './runs.ts'
import type { SoundUpdate, StateVector } from './scan.ts'
import type { SnapshotIndex } from './snapshot-index.ts'
import { StructWalk } from './struct-walk.ts'

/** A snapshot, opened: its bytes, and where things lie in them. */
export interface OpenSnapshot {
  readonly update: SoundUpdate
  readonly index: SnapshotIndex
  /** Decoded: the next clock of every client in it. */
  readonly stateVector: StateVector
}

/** A run of a snapshot that reaches to the end of its section. */
export interface SnapshotRun extends Run {
  readonly section: number
}

/**
 * What a client with that state vector lacks of the snapshot, as one update: per client the structs
 * from the one that holds its next clock on, bytes copied, and the whole delete set. When it lacks
 * no struct that is the delete set alone.
 *
 * The place is found by the index: 0.06 ms for one edit behind in 6.7 MB, where `Y.diffUpdate`
 * decodes and encodes everything (320 ms). What is sent twice is a part of one struct per client.
 */
export function sliceFor(snapshot: OpenSnapshot, have: StateVector): SoundUpdate {
  return updateOfRuns(snapshot.update, lackingRuns(snapshot, have), deleteSetOf(snapshot))
}

/** The structs of `sliceFor`, in the order of the snapshot. */
export function lackingRuns(snapshot: OpenSnapshot, have: StateVector): SnapshotRun[] {
  const runs: SnapshotRun[] = []
  const { index, stateVector } = snapshot
  for (let section = 0; section < index.sections; section++) {
    const client = index.client(section)
    const next = have.get(client) ?? 0
    if (next < (stateVector.get(client) ?? 0)) runs.push(runFrom(snapshot, section, next))
  }
  return runs
}

export const deleteSetOf = (snapshot: OpenSnapshot): Uint8Array =>
  snapshot.update.subarray(snapshot.index.deletesAt)

/** The section from the struct on that holds that clock. */
function runFrom({ update, index }: OpenSnapshot, section: number, next: number): SnapshotRun {
  let { struct, clock, at } = index.markAtClock(section, next)
  if (clock < next) {
    const walk = new StructWalk(update, at, clock)
    for (walk.step(); walk.clock <= next; walk.step()) {
      struct++
      clock = walk.clock
      at = walk.at
    }
  }
  return {
    section,
    client: index.client(section),
    clock,
    structs: index.structs(section) - struct,
    from: at,
    to: index.end(section),
  }
}
