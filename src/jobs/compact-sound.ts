import { type Compacted, type CompactOptions, compactUpdates } from '../crdt/canonical.ts'
import { Knowledge } from '../crdt/knowledge.ts'
import { lesserOf } from '../crdt/lesser.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import { type StoredFault, takeStored } from '../crdt/take-stored.ts'

/** An entry that is not, or not whole, in the snapshot. */
export interface PassedOver {
  /** Among the entries of the compaction. */
  readonly index: number
  readonly why: StoredFault | 'unloadable'
}

export interface CompactedSound extends Compacted {
  /** How many of the entries, from the first on, are in the snapshot or passed over. */
  readonly covered: number
  readonly passedOver: readonly PassedOver[]
}

/**
 * A snapshot of everything that can be taken, and what had to be passed over. The entries are looked
 * at one by one only when they cannot be compacted as they are: that looks at each of them twice.
 *
 * When Yjs still fails, at what every check has passed, the first entry with which it does is found
 * by halving: 9 more compactions for 500 entries. The snapshot then ends before that one, and the
 * next compaction begins with it. Mostly that is all: what Yjs fails at is how entries before it were
 * split and merged, of which a snapshot knows nothing. If not, the snapshot ends with that one, and
 * holds of it what Yjs bears. One at a time: many of them shall not hold up other entities.
 *
 * @throws {TributaryError} `damaged`, when it is not an entry's fault.
 */
export function compactSound(
  base: Uint8Array | null,
  entries: readonly Uint8Array[],
  options: CompactOptions,
): CompactedSound {
  const covered = entries.length
  try {
    return { ...compactUpdates(base, entries, options), covered, passedOver: [] }
  } catch (error) {
    const { sound, passedOver } = sift(base, entries)
    const compact = (updates: readonly SoundUpdate[]) => tried(base, updates, options)
    const whole = compact(sound.map(({ update }) => update))
    if (whole !== null) return { ...whole, covered, passedOver }
    return upToCulprit(sound, passedOver, compact) ?? rethrown(error)
  }
}

interface Sound {
  readonly index: number
  readonly update: SoundUpdate
}

type Compact = (updates: readonly SoundUpdate[]) => Compacted | null

function upToCulprit(
  sound: readonly Sound[],
  passedOver: readonly PassedOver[],
  compact: Compact,
): CompactedSound | null {
  const updates = sound.map(({ update }) => update)
  if (compact([]) === null) return null
  let good = 0
  let bad = updates.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (compact(updates.slice(0, middle)) === null) bad = middle
    else good = middle
  }
  const culprit = sound[good]
  if (culprit === undefined) return null
  const { index, update } = culprit
  const before = passedOver.filter((one) => one.index < index)
  if (index > 0) {
    const compacted = compact(updates.slice(0, good))
    return compacted && { ...compacted, covered: index, passedOver: before }
  }
  for (const lesser of lesserOf(update)) {
    const compacted = compact([lesser])
    if (compacted === null) continue
    return { ...compacted, covered: 1, passedOver: [{ index, why: 'unloadable' }] }
  }
  return null
}

function tried(
  base: Uint8Array | null,
  updates: readonly SoundUpdate[],
  options: CompactOptions,
): Compacted | null {
  try {
    return compactUpdates(base, updates, options)
  } catch {
    return null
  }
}

function rethrown(error: unknown): never {
  throw error
}

function sift(base: Uint8Array | null, entries: readonly Uint8Array[]) {
  const knowledge = new Knowledge()
  if (base !== null) knowledge.learn(scanUpdate(base))
  const sound: Sound[] = []
  const passedOver: PassedOver[] = []
  for (const [index, bytes] of entries.entries()) {
    const { update, fault } = takeStored(knowledge, bytes)
    if (update !== null) sound.push({ index, update })
    if (fault !== null) passedOver.push({ index, why: fault })
  }
  return { sound, passedOver }
}
