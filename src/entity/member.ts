import type { ErrorCode } from '../core/errors.ts'
import type { Author } from '../log/log.ts'
import type { Batch } from './batch.ts'
import type { PresenceBatch } from './presence/presence-batch.ts'

/**
 * Someone who has an entity open: what the entity tells upwards. A session implements it.
 * No call may throw or block; each is made in the middle of a fan-out.
 */
export interface Member {
  /** Who its updates are written down to, client ids left out. */
  readonly author: Omit<Author, 'clients'>
  /** A batch, in fan-out order. Who alone wrote it is not called. */
  deliver(batch: Batch): void
  /** Something more is durable, see `Entity.durableSeq`. Called after `Entity.whenDurable`. */
  durable(): void
  /** Its own batch has become durable. Called only when the entity is told to echo. */
  echo(batch: Batch): void
  /** What does it have that the entity lacks? @returns whether it may say so: that it may write. */
  ask(): boolean
  presence(batch: PresenceBatch<Member>): void
  /** Presence for this member alone: its client is to go above a clock. */
  align(body: Uint8Array): void
  /** The entity goes away under it: removed, damaged or drained. */
  evict(code: ErrorCode): void
}
