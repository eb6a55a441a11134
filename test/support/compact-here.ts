import { compactSound } from '../../src/jobs/compact-sound.ts'
import type { CompactionContext } from '../../src/jobs/compaction.ts'

/** The work of a compaction, in the place of a thread. */
export const compactHere: CompactionContext['compact'] = async ({ base, entries, gc }) =>
  compactSound(base, entries, { gc })
