import { varUintLength, writeVarUint } from '../core/varint.ts'
import type { SoundUpdate } from './scan.ts'

/** Neighbouring structs of one client, as they lie in the bytes of a sound update. */
export interface Run {
  readonly client: number
  /** Clock of the first struct. */
  readonly clock: number
  /** How many structs. */
  readonly structs: number
  /** Byte offsets: of the first struct, and behind the last. */
  readonly from: number
  readonly to: number
  /** The first struct, when it is not as it lies there: then `from` is where the second one begins. */
  readonly head?: Uint8Array
}

/** An encoded delete set of nothing. */
export const NO_DELETES = new Uint8Array([0])

/**
 * One update of these runs, their bytes copied and only the counts written anew, and a delete set.
 * Several runs of one client must not be given: an update has one section per client.
 */
export function updateOfRuns(
  source: SoundUpdate,
  runs: readonly Run[],
  deleteSet: Uint8Array,
): SoundUpdate {
  let size = varUintLength(runs.length) + deleteSet.length
  for (const run of runs) size += sizeOfRun(run)
  const bytes = new Uint8Array(size)
  let at = writeVarUint(bytes, 0, runs.length)
  for (const run of runs) {
    at = writeVarUint(bytes, at, run.structs)
    at = writeVarUint(bytes, at, run.client)
    at = writeVarUint(bytes, at, run.clock)
    if (run.head !== undefined) {
      bytes.set(run.head, at)
      at += run.head.length
    }
    bytes.set(source.subarray(run.from, run.to), at)
    at += run.to - run.from
  }
  bytes.set(deleteSet, at)
  return bytes as SoundUpdate
}

/** Bytes of a run as a section: its header and its structs. */
export const sizeOfRun = (run: Run): number =>
  varUintLength(run.structs) +
  varUintLength(run.client) +
  varUintLength(run.clock) +
  (run.head?.length ?? 0) +
  (run.to - run.from)
