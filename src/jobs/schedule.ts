import type { EntityKey } from '../core/ids.ts'
import type { Paces } from '../core/limits.ts'

/** What stands behind the snapshot of an entity. */
export interface Grown {
  readonly entries: number
  readonly bytes: number
  /** Bytes of the whole entity, snapshot included. */
  readonly whole: number
}

/**
 * A compaction costs what the whole entity weighs, about half a millisecond of a thread per KB. From
 * here on a heavy one waits for more entries, so that each of them costs no more than in a light one,
 */
const LIGHT_BYTES = 64 * 1024
/** up to so many times as many: who joins is sent them all. */
const MOST_TIMES = 8

/** @returns whether the tail is long enough to be worth a compaction. */
export function isDue({ entries, bytes, whole }: Grown, paces: Due): boolean {
  const times = Math.min(MOST_TIMES, Math.max(1, whole / LIGHT_BYTES))
  return entries >= paces.compactEntries * times || bytes >= paces.compactBytes
}

type Due = Pick<Paces, 'compactEntries' | 'compactBytes'>

/** Decides when an entity is compacted. */
export interface Schedule {
  /**
   * The entity's tail has grown, or was found that long.
   *
   * @param own By an append of this node's, not by what others have written.
   */
  grown(entity: EntityKey, tail: Grown, own: boolean): void

  /** The entity is due, whatever its size. */
  offer(entity: EntityKey): void

  /** Stops after what is under way. Idempotent. */
  close(): Promise<void>
}
