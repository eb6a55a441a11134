import type { EntityKey } from '../core/ids.ts'
import type { Position } from '../core/position.ts'
import type { SoundUpdate, StateVector } from '../crdt/scan.ts'

/** How safe an acknowledged entry is, from least to most. */
export type Tier = 'memory' | 'process' | 'disk'

/** Where an entry came from. */
export type Origin = 'session' | 'local' | 'heal'

/** One of those whose updates an entry merges. */
export interface Author {
  /** Who, by the session's token; `anonymous` without authentication. */
  readonly actor: string
  /** The session, unique for the life of the cluster. */
  readonly session: string
  /** Yjs client ids whose structs this author's updates brought. */
  readonly clients: readonly number[]
}

/** An entry before the log has given it a place. */
export interface NewEntry {
  /** Random per process start + sequence; the same id appended again is the same entry. */
  readonly id: string
  readonly authors: readonly Author[]
  readonly origin: Origin
  /** Milliseconds since 1970, for people. */
  readonly time: number
  readonly update: SoundUpdate
  /** For a conditional append the position it expected; kept with the entry. */
  readonly expected?: Position
}

/** One record of an entity's log. */
export interface Entry extends Omit<NewEntry, 'update'> {
  readonly position: Position
  /** As it was stored: a reader passes it through the strict checker before anything else sees it. */
  readonly update: Uint8Array
}

/** What a later entry or a removal is told to. Calls come in log order, without gaps. */
export interface EntrySink {
  entry(entry: Entry): void
  /** The entity was removed, lost or forked: whatever was read before is of another history. */
  reset(head: Position): void
}

export interface Appended {
  readonly position: Position
  readonly tier: Tier
}

/** What a log holds after a position. */
export type LogRead =
  | {
      readonly is: 'entries'
      readonly entries: readonly Entry[]
      readonly head: Position
      /** Structs of removed generations: an update that holds one of them is refused. */
      readonly tombstone: StateVector | null
      /** Offsets that could not be read or understood: damaged, or of a version with a must-understand bit. */
      readonly skipped: readonly Skipped[]
    }
  /** The position is of another history, or below the trim: load again, from a snapshot. */
  | { readonly is: 'reset'; readonly head: Position }

export interface Skipped {
  readonly offset: number
  readonly why: 'damaged' | 'not-understood'
}

/** Bytes that were kept for export and never had an effect. */
export interface SetAside {
  readonly entity: EntityKey
  /** Milliseconds since 1970. */
  readonly time: number
  readonly why: string
  readonly bytes: Uint8Array
}

export interface AppendOptions {
  /** Refuse with `conflict` unless the log ends at just this position, check included. */
  readonly expect?: Position
}

/**
 * The log of every entity. Guarantees, for every adapter:
 *
 * - An append resolves when the entry is durable at the tier it names, never before; entries of one
 *   entity get contiguous offsets in the order of the calls. A rejected append left nothing behind,
 *   and every later append of that entity that was already under way is rejected too.
 * - An entry whose id the log's newest entries already hold is not appended again: the answer is its position.
 * - Positions are compared whole. A log that was restored from an older copy and grew otherwise is
 *   noticed by `read`, `subscribe` and `expect` (RULES [L1], [L2]).
 * - `remove` raises the generation and keeps the state vector of what was removed.
 */
export interface Log {
  readonly tier: Tier
  /** @throws {TributaryError} `conflict` (see `expect`), `storage` when it could not be made durable. */
  append(entity: EntityKey, entry: NewEntry, options?: AppendOptions): Promise<Appended>
  /** Entries behind `after`; from the start of the log when it is `ORIGIN`. */
  read(entity: EntityKey, after: Position): Promise<LogRead>
  /** Every entry behind `after`, own appends included, before the append itself resolves. */
  subscribe(entity: EntityKey, after: Position, sink: EntrySink): Promise<Subscription>
  /** Next generation, empty. `stateVector` is that of everything removed. */
  remove(entity: EntityKey, stateVector: StateVector): Promise<Position>
  /** Keeps bytes that may not have their effect, exportable, within `setAsideBytes` (the oldest go). */
  setAside(entity: EntityKey, bytes: Uint8Array, why: string): Promise<void>
  /** Resolves when everything under way is settled. Idempotent. */
  close(): Promise<void>
}

export interface Subscription {
  close(): void
}
