import { compactUpdates } from '../crdt/canonical.ts'
import { answerJobs } from '../ops/thread-jobs.ts'

/** A snapshot's update (or `null`) and the entries behind it, in log order. */
export interface CompactJob {
  readonly base: Uint8Array | null
  readonly entries: readonly Uint8Array[]
  readonly gc: boolean
}

/** The parts of a snapshot that follow from its content. */
export interface Compacted {
  readonly update: Uint8Array
  readonly stateVector: Uint8Array
  readonly deleteSet: Uint8Array
  readonly index: Uint8Array
  readonly depth: number
  /** False when Yjs gives an equal document of other bytes each time that it loads it. */
  readonly stable: boolean
}

answerJobs<CompactJob, Compacted>(({ base, entries, gc }, transfer) => {
  const compacted = compactUpdates(base, entries, { gc })
  for (const part of [
    compacted.update,
    compacted.stateVector,
    compacted.deleteSet,
    compacted.index,
  ]) {
    transfer.push(part.buffer as ArrayBuffer)
  }
  return compacted
})
