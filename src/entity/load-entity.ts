import { TributaryError } from '../core/errors.ts'
import type { EntityRef } from '../core/ids.ts'
import type { EntityContext } from './context.ts'
import { emptiedIn } from './emptied.ts'
import { Entity } from './entity.ts'
import { malformedOf, readFound } from './healing/heal-plan.ts'

/** A compaction may commit between reading the snapshot and reading the log; twice in a row hardly. */
const ATTEMPTS = 4
/** So often and so long an entity is looked for that another node has and the store does not. */
const LOOK_MS = 250
const LOOK_MOST_MS = 10_000

/**
 * Snapshot, then the log behind it, then the subscription behind that: without a gap, because a trim
 * follows the *older* of two snapshots, and a position that has been trimmed away is a `reset`.
 *
 * @throws {TributaryError} `damaged` when snapshot and log are of two histories, `storage`.
 */
export async function loadEntity(context: EntityContext, ref: EntityRef): Promise<Entity> {
  const { clock, losses } = context
  const until = clock.monotonic() + LOOK_MOST_MS
  let wasLost = false
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const state = await (attempt === 0
      ? context.states.load(ref.key)
      : context.states.reload(ref.key))
    const read = await context.log.read(ref.key, state.position)
    if (read.is === 'reset') continue
    const isEmpty = read.head.offset === 0 && state.position.offset === 0
    const isDoubtful = losses !== null && (isEmpty || wasLost || losses.isDoubtful)
    if (isDoubtful && clock.monotonic() < until) {
      if (await losses.isElsewhere(ref.key, isEmpty)) {
        await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
        wasLost = true
        attempt = 0
        continue
      }
    }
    const { knowledge, tail, faults } = readFound({ state, entries: read.entries })
    const malformed = malformedOf(faults)
    const entity = new Entity(context, ref, {
      state,
      head: read.head,
      knowledge,
      tail,
      tombstone: read.tombstone,
      emptied: emptiedIn(state.emptied, read.entries, knowledge.known),
    })
    entity.passOver([...read.skipped, ...malformed])
    await entity.follow()
    if (malformed.length > 0) context.spoiled(entity)
    return entity
  }
  throw new TributaryError('damaged', `the log of ${ref.key} does not continue its snapshot`)
}
