import type { Knowledge } from './knowledge.ts'
import type { SoundUpdate } from './scan.ts'
import { scanUpdate } from './scan-update.ts'

/** What of a stored entry could not be taken: all of it, or what builds on something missing. */
export type StoredFault = 'malformed' | 'unclosed'

export interface TakenStored {
  /** The part that is closed and new; it has been learned. `null` when there is none. */
  readonly update: SoundUpdate | null
  readonly fault: StoredFault | null
}

/**
 * Takes an entry as far as it is closed, as from a client: when an earlier one could not be read,
 * what builds on it must not be announced as known, so that clients who have it bring it again.
 *
 * A load and a compaction both ask here: what one passes over, the other does too.
 */
export function takeStored(knowledge: Knowledge, bytes: Uint8Array): TakenStored {
  try {
    const { update, unclosed } = knowledge.take(scanUpdate(bytes))
    if (update !== null) knowledge.learn(scanUpdate(update))
    return { update, fault: unclosed ? 'unclosed' : null }
  } catch {
    return { update: null, fault: 'malformed' }
  }
}
