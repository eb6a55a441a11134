import type { ErrorCode } from '../core/errors.ts'
import type { Position } from '../core/position.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import type { Saved } from '../entity/appender.ts'
import type { Batch } from '../entity/batch.ts'
import type { Member } from '../entity/member.ts'
import type { PresenceBatch } from '../entity/presence/presence-batch.ts'

/** Why an update was not taken, or not with its content. */
export interface NotTaken {
  /** The client's number for what it sent; `null` when it gave none. */
  readonly batch: number | null
  readonly code: ErrorCode
  /** For people. */
  readonly reason: string
  /** It was taken without its content. */
  readonly neutered: boolean
}

/**
 * What a session has to say to its client; a dialect makes it, in its own words. Nothing here waits:
 * what the socket has not taken yet shows in `unsent`, and the session decides what to do about it.
 */
export interface Outlet {
  /** Bytes that were written and that the socket has not taken yet. */
  readonly unsent: number
  /** The same of everything that shares the bound of joins with it: of all that is on one socket. */
  readonly unsentJoins: number
  /**
   * Whether a client is told of each update what has become of it. Where it is not, a session ends
   * with an update that must not just be left out.
   */
  readonly nacks: boolean
  /** A tick's updates: encoded once for all readers of the dialect. */
  batch(batch: Batch): void
  /** A part of what the client lacks. */
  update(update: SoundUpdate): void
  /** The last part: now the client has everything. */
  synced(update: SoundUpdate): void
  /** What do you have that I lack? The answer comes back as `Session.update(…, 'answer')`. */
  question(stateVector: Uint8Array): void
  presence(batch: PresenceBatch<Member>, reader: Member): void
  awareness(body: Uint8Array): void
  /** Everything before this marker is durable. */
  marker(version: Uint8Array): void
  /** Everything that the client sent up to this number is durable; the log has it up to there. */
  ack(batch: number, saved: Saved, position: Position): void
  /** Everything that the client was sent is in the log, up to there. */
  at(position: Position): void
  /** An update was not taken; the session stays. */
  notTaken(what: NotTaken): void
  /** What the client may do is told, or until when, as that has changed. */
  rights(may: 'read' | 'write'): void
  /** Something to tell before the session ends. */
  notice(reason: string): void
  /** The end, with a reason that the client is told first. Nothing is read any more. */
  refuse(code: ErrorCode, reason: string): void
  /** The end, at once. */
  close(code: ErrorCode): void
}
