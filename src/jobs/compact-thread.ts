import { lowerOwnPriority } from '../ops/low-priority.ts'
import { answerJobs } from '../ops/thread-jobs.ts'
import { compactSound, type PassedOver } from './compact-sound.ts'

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
  /** How many of the entries, from the first on, are in it or passed over. */
  readonly covered: number
  /** What could not be taken into it. */
  readonly passedOver: readonly PassedOver[]
}

// Nobody waits for a compaction; whoever types waits for the event loop.
lowerOwnPriority()
answerJobs<CompactJob, Compacted>(({ base, entries, gc }, transfer) => {
  const compacted = compactSound(base, entries, { gc })
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
