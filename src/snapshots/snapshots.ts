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
  /** Encoded, of `entity/emptied.ts`: what of it was taken without its content, and why. [L91] */
  readonly emptied?: Uint8Array
}

export interface SnapshotInfo {
  readonly entity: EntityKey
  readonly position: Position
  /** Of its update. */
  readonly bytes: number
}

/**
 * Two generations of snapshots per entity. Guarantees, for every adapter:
 *
 * - `load` gives the newest one that is whole; one that is damaged is passed over for the older one,
 *   behind which the log still holds every entry. [L20]
 * - `commit` is all or nothing: the snapshot is written, read back and compared, then becomes the
 *   newest; then the log is trimmed up to what the *older* generation covers, once that one has been
 *   found whole, and never past an entry that cannot be read. [L21] [L22]
 * - A crash at any moment leaves either the old newest one or the new one, and no entry less. [L23]
 * - A snapshot belongs to its generation: after `Log.remove` it is not there any more. [L25]
 */
export interface Snapshots {
  /**
   * Its bytes are the caller's own: they may be handed over to a thread.
   *
   * @throws {TributaryError} `storage`; `damaged` when nothing of the entity can be read.
   */
  load(entity: EntityKey): Promise<Snapshot | null>

  /**
   * @param replaces The position of the snapshot it was made from, `null` for none: what `load` gave.
   * @returns `stale` when another snapshot came first, when this one is older than that, or when the
   *   log does not go through its position: make a new one from what there is now. Nothing changed.
   * @throws {TributaryError} `storage` when it could not be made durable or did not read back: it is
   *   not the newest then, and may be tried again. A trim that fails is no failure of the commit: the
   *   next one makes up for it.
   */
  commit(
    entity: EntityKey,
    snapshot: Snapshot,
    replaces: Position | null,
  ): Promise<'committed' | 'stale'>

  /**
   * Drops what is left of generations that `Log.remove` has ended, in stores where snapshots lie
   * apart from the log. The current generation's are not touched, so that it may be called late.
   */
  remove(entity: EntityKey): Promise<void>

  /** The newest of each entity. One that comes or goes meanwhile may be missing. */
  list(): AsyncIterable<SnapshotInfo>
}
