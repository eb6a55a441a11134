import type { Branch, Place } from '../core/branch.ts'
import type { Epoch, Position } from '../core/position.ts'
import type { Unreadable } from '../record/record.ts'
import type { Tombstone } from '../record/tombstone-record.ts'
import type { Length } from './journal-bounds.ts'

/** What goes into the database in one transaction. All of it is there afterwards, or nothing. */
export interface Group {
  /** In this order, before the entries. */
  readonly changes: readonly Change[]
  /** Records of `putPlace` and content, not yet sealed, one behind the other. */
  readonly slab: ArrayBuffer
  /** Where the records end in the slab, whose entity they are, at which offset. */
  readonly ends: readonly number[]
  readonly entities: readonly number[]
  readonly offsets: readonly number[]
}

export type Change =
  /** An entity's first log. */
  | { readonly is: 'begin'; readonly key: string; readonly entity: number; readonly epoch: Epoch }
  /** The next generation, empty; what the key had before is forgotten. */
  | {
      readonly is: 'remove'
      readonly key: string
      /** The number of the next generation. */
      readonly entity: number
      readonly epoch: Epoch
      readonly tombstone: Tombstone
    }
  | {
      readonly is: 'set-aside'
      readonly key: string
      readonly time: number
      readonly why: string
      readonly bytes: Uint8Array
      /** What it counts, and how much may be kept: the oldest go. */
      readonly cost: number
      readonly bound: number
    }

/** Makes a written snapshot the newest. */
export interface Keep {
  readonly snapshot: number
  readonly entity: number
  /** The kept one it takes the place of; `null` for none. */
  readonly newest: number | null
}

/** The thread that makes things durable. */
export interface WriterCalls {
  /** Opens the database, so that the first commit does not find out that it cannot. */
  open(): void
  commit(group: Group): void
  /** @returns whether the entity and its newest snapshot were still those. */
  keep(what: Keep): boolean
  /** Writes and takes back: throws while the disk takes nothing. */
  probe(): void
  close(): void
}

/** An entity's log without its entries. */
export interface StoredBranch extends Branch {
  readonly entity: number
}

/** A row of an entity's log: where its content lies in the slab, or why it cannot be told. */
export interface StoredRow extends Place {
  readonly content: { readonly from: number; readonly to: number } | Unreadable
}

export interface StoredLog {
  readonly branch: StoredBranch
  /** The check at the offset that was asked about; `null` where there is no entry. */
  readonly checkAt: string | null
  readonly tombstones: readonly Tombstone[]
  readonly rows: readonly StoredRow[]
  readonly slab: ArrayBuffer
}

export interface StoredSnapshot {
  readonly about: SnapshotRecord
  /** Its parts, one behind the other. */
  readonly bytes: ArrayBuffer
}

export interface LoadedSnapshot {
  readonly snapshot: StoredSnapshot | null
  /** How many of the entity's were found damaged and not told of before. */
  readonly damaged: number
}

/** What a snapshot's row says of it. */
export interface SnapshotRecord {
  readonly position: Position
  readonly depth: number
  /**
   * In bytes: update, state vector, delete set, index, and in some what was taken without its content.
   * What further ones say is nothing that one must know.
   */
  readonly parts: readonly [number, number, number, number, ...more: number[]]
}

export interface SnapshotRow {
  readonly key: string
  /** `null` when it cannot be read. */
  readonly about: SnapshotRecord | null
}

export interface SetAsideRow {
  readonly no: number
  readonly key: string
  readonly time: number
  readonly why: string
  readonly bytes: Uint8Array
}

/** What lies in the journal, and how many slices the filing under way still takes. */
export interface Unfiled extends Length {
  readonly slices: number
}

/** The thread that reads, and moves what is durable already. Every call is a short one. */
export interface ReaderCalls {
  /** The highest number an entity has ever had. */
  lastEntity(): number
  /** `damaged` for an entity of which not even its epoch can be read. */
  branches(keys: readonly string[]): (StoredBranch | null | Unreadable)[]
  log(key: string, after: Position): StoredLog | null

  load(key: string): LoadedSnapshot
  /** A new row for a snapshot, if its position and what it replaces are right; `null` if they are not. */
  begin(key: string, about: SnapshotRecord, replaces: Position | null): Keep | null
  /** Writes a piece, reads it back, compares. @returns false when the snapshot was dropped meanwhile. */
  piece(snapshot: number, piece: number, bytes: Uint8Array): boolean
  drop(snapshot: number): void
  /** A slice of the work behind a commit. @returns whether there is more. */
  trim(key: string): boolean
  snapshots(after: string, limit: number): SnapshotRow[]
  setAside(after: number): SetAsideRow | null

  /** How much of the journal has not been filed. */
  unfiled(): Unfiled
  /** A slice of filing, if there is enough to be filed. */
  file(): Unfiled
  /** A slice of filing, sweeping or giving back. @returns whether there is more. */
  chore(): boolean
  close(): void
}
