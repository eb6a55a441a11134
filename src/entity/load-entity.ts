import { TributaryError } from '../core/errors.ts'
import type { EntityRef } from '../core/ids.ts'
import { checkUpdate } from '../crdt/check.ts'
import { Knowledge } from '../crdt/knowledge.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
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
    const tail = takeAll(context, knowledge, read.entries)
    const entity = new Entity(context, ref, {
      state,
      head: read.head,
      knowledge,
      tail,
      tombstone: read.tombstone,
    })
    for (const { offset, why } of read.skipped) {
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
function takeAll(
  context: EntityContext,
  knowledge: Knowledge,
  entries: readonly Entry[],
): { offset: number; update: SoundUpdate }[] {
  const tail: { offset: number; update: SoundUpdate }[] = []
  for (const entry of entries) {
    const taken = take(context, knowledge, entry)
    if (taken !== null) tail.push({ offset: entry.position.offset, update: taken })
  }
  return tail
}

function take(context: EntityContext, knowledge: Knowledge, entry: Entry): SoundUpdate | null {
  try {
    const { update } = knowledge.take(checkUpdate(entry.update))
    if (update !== null) knowledge.learn(checkUpdate(update))
    return update
  } catch {
    context.metrics.damaged.add()
    return null
  }
}
