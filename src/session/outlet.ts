import type { ErrorCode } from '../core/errors.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import type { Batch } from '../entity/batch.ts'
import type { Member } from '../entity/member.ts'
import type { PresenceBatch } from '../entity/presence-batch.ts'

/**
 * What a session has to say to its client; a dialect makes it, in its own words. Nothing here waits:
 * what the socket has not taken yet shows in `unsent`, and the session decides what to do about it.
 */
export interface Outlet {
  /** Bytes that were written and that the socket has not taken yet. */
  readonly unsent: number
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
  /** An update was not taken; the connection stays. */
  denied(reason: string): void
  /** The end, with a reason that the client is told first. Nothing is read any more. */
  refuse(code: ErrorCode, reason: string): void
  /** The end, at once. */
  close(code: ErrorCode): void
}
