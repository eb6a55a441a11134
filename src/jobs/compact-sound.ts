import { type Compacted, type CompactOptions, compactUpdates } from '../crdt/canonical.ts'
import { Knowledge } from '../crdt/knowledge.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import { type StoredFault, takeStored } from '../crdt/take-stored.ts'

/** An entry that is not, or not whole, in the snapshot. */
export interface PassedOver {
  /** Among the entries of the compaction. */
  readonly index: number
  readonly why: StoredFault
}

/**
 * A snapshot of everything that can be taken, and what had to be passed over. The entries are looked
 * at one by one only when they cannot be compacted as they are: that looks at each of them twice.
 *
 * @throws {TributaryError} `damaged`, when it is not an entry's fault.
 */
export function compactSound(
  base: Uint8Array | null,
  entries: readonly Uint8Array[],
  options: CompactOptions,
): Compacted & { readonly passedOver: readonly PassedOver[] } {
  try {
    return { ...compactUpdates(base, entries, options), passedOver: [] }
  } catch (error) {
    const { sound, passedOver } = sift(base, entries)
    if (passedOver.length === 0) throw error
    return { ...compactUpdates(base, sound, options), passedOver }
  }
}

function sift(base: Uint8Array | null, entries: readonly Uint8Array[]) {
  const knowledge = new Knowledge()
  if (base !== null) knowledge.learn(scanUpdate(base))
  const sound: SoundUpdate[] = []
  const passedOver: PassedOver[] = []
  for (const [index, bytes] of entries.entries()) {
    const { update, fault } = takeStored(knowledge, bytes)
    if (update !== null) sound.push(update)
    if (fault !== null) passedOver.push({ index, why: fault })
  }
  return { sound, passedOver }
}
