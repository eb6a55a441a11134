import type { EntityKey } from '../core/ids.ts'
import type { Position } from '../core/position.ts'
import type { Tier } from '../core/tier.ts'
import type { SoundUpdate, StateVector } from '../crdt/scan.ts'

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
  /**
   * Random per process start, and a sequence; the same id appended again is the same entry. Up to 39
   * bytes of it cost one block of the check's hash.
   */
  readonly id: string
  readonly authors: readonly Author[]
  readonly origin: Origin
  /** Milliseconds since 1970, for people. */
  readonly time: number
  readonly update: SoundUpdate
  /** For a conditional append the position it expected; kept with the entry. */
  readonly expected?: Position
  /** Encoded, of `entity/emptied.ts`: what in it was taken without its content, and why. */
  readonly emptied?: Uint8Array
}

/** One record of an entity's log. */
export interface Entry extends Omit<NewEntry, 'update'> {
  readonly position: Position
  /** As it was stored: a reader passes it through the strict checker before anything else sees it. */
  readonly update: Uint8Array
}

/**
 * What later entries and removals are told to: in log order, without gaps, never inside a call of the
 * owner's own. One that throws is closed, and the error goes to the log lines.
 */
export interface EntrySink {
  entry(entry: Entry): void
  /**
   * Between the entries stands one of a later version: what it says cannot be told. Another node has
   * put it there, so this comes of a store that several share.
   */
  notUnderstood?(offset: number): void
  /**
   * What was told before does not lead to what comes next: the entity was removed or is of another
   * history, or an entry cannot be read. Load again; what is told from here on is behind `head`.
   */
  reset(head: Position): void
}

export interface Appended {
  readonly position: Position
  /** In force when the entry was acknowledged. */
  readonly tier: Tier
  /** Copies of the store, beside the one that answered, that are known to have the entry. */
  readonly replicas: number
}

/** What a log holds behind a position. */
export type LogRead =
  | {
      readonly is: 'entries'
      /** By offset. Their updates are views: they share buffers with each other. */
      readonly entries: readonly Entry[]
      /** The end of the log, also behind entries that were skipped. */
      readonly head: Position
      /** Structs of removed generations: an update that holds one of them is refused. */
      readonly tombstone: StateVector | null
      /** What is missing between the entries. Its record stays in the store, where it is. */
      readonly skipped: readonly Skipped[]
    }
  /** The log does not go through the position, or is trimmed above it: load again, from a snapshot. */
  | { readonly is: 'reset'; readonly head: Position }

export interface Skipped {
  readonly offset: number
  /** `damaged`: a byte flipped, a record was cut or is gone. `not-understood`: a later version's. */
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
 * - An append resolves when the entry is durable at the tier it names, never before. Entries of one
 *   entity get contiguous offsets in the order of the calls. [L1] [L4]
 * - One that fails with `storage` left nothing that a reader could find, and all that was under way
 *   behind it in the same log fails with it: it was made by those who believed in what came before.
 *   (Only when the process ends before it could learn the outcome may the entry be there.) [L4]
 * - An entry whose id is among the newest 64 of its log is not appended again: the answer is its
 *   position. That is known as long as the process lives and the entity is among the last 10,000
 *   that were appended to; appended twice is harmless to Yjs. [L6]
 * - Positions are compared whole, by every method: a log that was put back to an older copy and grew
 *   otherwise is noticed. [L7] [L8]
 * - What cannot be read is named, never passed over in silence, and all else is served. [L13]
 *
 * Bytes that are handed in must not be changed afterwards. After `close` everything is `draining`.
 */
export interface Log {
  readonly tier: Tier

  /**
   * @throws {TributaryError} `conflict`: the log does not end at `expect`, nothing else has changed.
   *   `storage`: it could not be made durable; the same entry may be appended again. `damaged`: not
   *   even the name of the entity's history can be read.
   */
  append(entity: EntityKey, entry: NewEntry, options?: AppendOptions): Promise<Appended>

  /**
   * What is behind `after`; from the start of the log when it is `ORIGIN`, as long as nothing has
   * been trimmed. An entity that nobody has appended to is an empty log that ends at `ORIGIN`.
   *
   * @throws {TributaryError} `storage`, `damaged`.
   */
  read(entity: EntityKey, after: Position): Promise<LogRead>

  /**
   * Tells a sink what is behind `after`, then every later entry as it becomes durable, an own append
   * before it resolves. Resolves when the sink has been told all that is there. A position that the
   * log does not go through is a `reset` first. [L9] [L10]
   *
   * @throws {TributaryError} as `read`.
   */
  subscribe(entity: EntityKey, after: Position, sink: EntrySink): Promise<Subscription>

  /**
   * Begins the next generation, empty; the snapshots of the old one go with it. It has its place
   * among the appends: those called before it are removed, those after it are the new generation's.
   *
   * @param stateVector Of everything removed. Kept for good, merged with what earlier removals left.
   * @returns where the new generation begins.
   * @throws {TributaryError} `storage`, `damaged`.
   */
  remove(entity: EntityKey, stateVector: StateVector): Promise<Position>

  /**
   * Keeps bytes that must not have their effect, for export, up to `setAsideBytes` of all entities
   * together, each counted with 256 bytes more: the oldest go.
   *
   * @param why In words, for who exports them.
   * @throws {TributaryError} `storage`.
   */
  setAside(entity: EntityKey, bytes: Uint8Array, why: string): Promise<void>

  /** Resolves when everything under way is settled. Subscriptions are closed. Idempotent. */
  close(): Promise<void>
}

export interface Subscription {
  /** Nothing is told any more. Idempotent. */
  close(): void
}
