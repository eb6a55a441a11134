import type { EntityKey } from '../core/ids.ts'

/** What stands behind the snapshot of an entity. */
export interface Grown {
  readonly entries: number
  readonly bytes: number
}

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
