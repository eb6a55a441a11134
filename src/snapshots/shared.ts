import type { EntityKey } from '../core/ids.ts'
import type { Position } from '../core/position.ts'
import type { Snapshot, Snapshots } from './snapshots.ts'

/** What a snapshot covers, for one who has the entity open and need not read all of it. */
export interface Covered {
  readonly position: Position
  /** Of its update. */
  readonly bytes: number
  readonly depth: number
  /** Encoded. */
  readonly deleteSet: Uint8Array
  /** All of it, if that was wanted. */
  readonly snapshot: Snapshot | null
}

/** Snapshots that several nodes make and use. */
export interface SharedSnapshots extends Snapshots {
  /**
   * The newest snapshot, as one who has everything up to `through` may begin from it: `null` unless
   * the log goes through both, and `through` is not before it. [J8]
   *
   * @param whole With all its bytes.
   * @throws {TributaryError} `storage`, `damaged`.
   */
  covered(entity: EntityKey, through: Position, whole: boolean): Promise<Covered | null>

  /**
   * Brings an entity to rest of which the newest snapshot covers all that can be covered: it is read
   * back whole and becomes both generations, each stored by itself, and the log is trimmed up to it.
   * Harmless at any moment. [J10]
   *
   * @returns `nothing` when there is no whole snapshot, `stale` when another came first.
   * @throws {TributaryError} as `commit`.
   */
  rest(entity: EntityKey): Promise<'rested' | 'stale' | 'nothing'>
}
