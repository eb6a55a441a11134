import type { EntityKey } from '../core/ids.ts'
import type { Position } from '../core/position.ts'
import { mergeSound } from '../crdt/merge.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import type { Log } from '../log/log.ts'
import type { Content } from './content.ts'

/** What came after a position. */
export interface Since {
  /** All of it, what is not in the log yet included. */
  readonly update: SoundUpdate
  /** The place in the fan-out order up to which it reaches. */
  readonly place: number
  /** In the log: all that is there at or below it is in the update, or was sent before. */
  readonly position: Position
}

/** From farther back it is no dearer to say what one has. */
const MOST_ENTRIES = 2_000
const MOST_BYTES = 1024 * 1024
/** A compaction may come between a look at the log and the tail; so often in a row hardly. */
const LOOKS = 3

/**
 * What an entity has beyond a position of its log, for somebody who was sent everything up to there:
 * the entries behind it, and what was fanned out that the log does not have yet.
 *
 * @param isSound Whether the content is what the log has.
 * @param settle Puts into the tail what the log has told within this tick: the position counts it already.
 * @returns `null` when the log does not go through the position, or it is too far back.
 * @throws {TributaryError} what `Log.read` throws.
 */
export async function since(
  position: Position,
  log: Log,
  key: EntityKey,
  content: Content,
  isSound: () => boolean,
  settle: () => void,
): Promise<Since | null> {
  if (!isSound() || position.epoch !== content.position.epoch) return null
  settle()
  if (content.hasSince(position)) return merged(content, [], position.offset)
  if (content.position.offset - position.offset > MOST_ENTRIES) return null
  const { histories } = content
  for (let look = 0; look < LOOKS; look++) {
    const read = await log.read(key, position)
    if (!isSound() || content.histories !== histories) return null
    if (read.is === 'reset' || read.skipped.length > 0) return null
    if (read.head.epoch !== content.position.epoch) return null
    // What lies between the end of what was read and the tail is only in a snapshot.
    if (content.base.offset > read.head.offset) continue
    const updates = read.entries.map(({ update }) => update)
    if (updates.reduce((bytes, { length }) => bytes + length, 0) > MOST_BYTES) return null
    try {
      const sound = updates.map((update) => scanUpdate(update).bytes)
      settle()
      return merged(content, sound, read.head.offset)
    } catch {
      // It is malformed, or Yjs fails at it.
      return null
    }
  }
  return null
}

function merged(
  { tail, position }: Content,
  logged: readonly SoundUpdate[],
  offset: number,
): Since {
  const update = mergeSound([...logged, ...tail.beyond(offset)])
  return { update, place: tail.next - 1, position }
}
