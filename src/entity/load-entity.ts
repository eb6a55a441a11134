import { TributaryError } from '../core/errors.ts'
import type { EntityRef } from '../core/ids.ts'
import { Knowledge } from '../crdt/knowledge.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import type { Entry } from '../log/log.ts'
import { Entity, type EntityContext } from './entity.ts'

/** A compaction may commit between reading the snapshot and reading the log; twice in a row hardly. */
const ATTEMPTS = 4

/**
 * Snapshot, then the log behind it, then the subscription behind that: without a gap, because a trim
 * follows the *older* of two snapshots, and a position that has been trimmed away is a `reset`.
 *
 * @throws {TributaryError} `damaged` when snapshot and log are of two histories, `storage`.
 */
export async function loadEntity(context: EntityContext, ref: EntityRef): Promise<Entity> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const state = await (attempt === 0
      ? context.states.load(ref.key)
      : context.states.reload(ref.key))
    const read = await context.log.read(ref.key, state.position)
    if (read.is === 'reset') continue
    const { deleteSet } = state
    const knowledge = new Knowledge(new Map(state.stateVector), () => deleteSet)
    const { tail, malformed } = takeAll(knowledge, read.entries)
    context.metrics.damaged.add(malformed.length)
    const entity = new Entity(context, ref, {
      state,
      head: read.head,
      knowledge,
      tail,
      tombstone: read.tombstone,
    })
    for (const { offset, why } of [...read.skipped, ...malformed]) {
      const error = new TributaryError('damaged', `entry ${offset} is ${why}`)
      context.trouble(entity, 'an entry was passed over', error)
    }
    await entity.follow()
    return entity
  }
  throw new TributaryError('damaged', `the log of ${ref.key} does not continue its snapshot`)
}

/**
 * Entries are taken as far as they are closed, as from a client: when one of them was damaged, what
 * builds on it must not be announced as known, so that clients who have it bring it again.
 */
function takeAll(knowledge: Knowledge, entries: readonly Entry[]) {
  const tail: { offset: number; update: SoundUpdate }[] = []
  const malformed: { offset: number; why: 'malformed' }[] = []
  for (const entry of entries) {
    const { offset } = entry.position
    try {
      const { update } = knowledge.take(scanUpdate(entry.update))
      if (update === null) continue
      knowledge.learn(scanUpdate(update))
      tail.push({ offset, update })
    } catch {
      malformed.push({ offset, why: 'malformed' })
    }
  }
  return { tail, malformed }
}
