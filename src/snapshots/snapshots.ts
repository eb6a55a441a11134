import type { EntityKey } from '../core/ids.ts'
import type { Position } from '../core/position.ts'

/** All entries up to a position, merged and garbage-collected, as one update. */
export interface Snapshot {
  readonly position: Position
  /** Canonical update, v1. */
  readonly update: Uint8Array
  /** Encoded state vector: what `known` is at the position. */
  readonly stateVector: Uint8Array
  /** Encoded delete set, also of deletes that no entry names. */
  readonly deleteSet: Uint8Array
  /** The sparse index of `crdt/snapshot-index.ts`. */
  readonly index: Uint8Array
  /** How deep types nest in it. */
  readonly depth: number
}

export interface SnapshotInfo {
  readonly entity: EntityKey
  readonly position: Position
  readonly bytes: number
}

/**
 * Two generations of snapshots per entity. Guarantees, for every adapter:
 *
 * - `load` gives the newest one that is whole; one that is damaged is passed over for the older one,
 *   whose entries the log still holds.
 * - `commit` is all or nothing: the snapshot is written, read back and compared, then becomes the
 *   newest, then the log is trimmed up to what the *older* kept generation covers. It never trims an
 *   entry that could not be read or understood.
 */
export interface Snapshots {
  load(entity: EntityKey): Promise<Snapshot | null>
  /**
   * `replaces` is the position of the snapshot it was made from, `null` for the first.
   *
   * @returns `stale` when another snapshot came first, or when the log at the snapshot's offset does
   *   not hold the snapshot's epoch and check: nothing was changed.
   */
  commit(
    entity: EntityKey,
    snapshot: Snapshot,
    replaces: Position | null,
  ): Promise<'committed' | 'stale'>
  remove(entity: EntityKey): Promise<void>
  list(): AsyncIterable<SnapshotInfo>
}
