import type { Awareness } from 'y-protocols/awareness'
import type { Doc } from 'yjs'
import type { Status } from '../status.ts'
import type { Aside } from '../store.ts'
import type { SavedOptions } from './saves.ts'

/** What can be listened for with `on`, and what a listener is given. */
export type HandleEvents = {
  /** Something in the status is another. */
  status: Status
  /** Everything that the server has is here: at first, and after each time away. */
  synced: undefined
  /** `true` with each `synced`, `false` when that is over: the link was lost, or cut. */
  sync: boolean
  /** Nothing waits any more. */
  saved: undefined
  /** The server did not take something: it was set aside. */
  rejected: Aside
  /** Somebody has deleted the entity. What was not acknowledged is set aside, nothing more is sent. */
  removed: undefined
  /** The link broke: these awareness client ids are shown for some seconds more. */
  lost: readonly number[]
  /** They are still there. */
  restored: readonly number[]
  /** From 0 to 1, while an entity comes in. */
  progress: number
  /** To this user, from the program that runs the server. */
  message: { readonly kind: string; readonly bytes: Uint8Array }
}

/**
 * One entity, kept the same as everybody else's copy: a Yjs provider.
 *
 * @example
 * const { doc, saved } = connect('ws://127.0.0.1:8787', 'notes/today')
 * doc.getText().insert(0, 'hello')
 * await saved()
 */
export interface Handle {
  readonly doc: Doc
  readonly awareness: Awareness
  /** As it is now. */
  readonly status: Status
  /**
   * Comes true when everything that the server has is here, for the first time.
   *
   * @throws {NotSaved} when the entity is removed, or the handle ends, before that. While the server
   *   denies the entity it waits, since a right or a token may still come: `status.link` says so.
   */
  readonly synced: Promise<void>
  /**
   * Comes true when everything that was written so far, and what an earlier handle has left on this
   * device, is in the server's log.
   *
   * @throws {NotSaved} when the server cannot save as safe as `tier`, at once; after `timeoutMs`;
   *   when some of it was set aside, now or before, until it is forgotten.
   */
  saved(options?: SavedOptions): Promise<void>
  /** What was not taken, the oldest first: to show, to export, to write anew in another way. */
  setAside(): Promise<readonly Aside[]>
  forgetAside(id: number): Promise<void>
  /** @returns what ends it. */
  on<Name extends keyof HandleEvents>(
    event: Name,
    fn: (told: HandleEvents[Name]) => void,
  ): () => void
  off<Name extends keyof HandleEvents>(event: Name, fn: (told: HandleEvents[Name]) => void): void
  /** Tries at once: after `disconnect()`, while `offline`, where the server has said no. Else nothing. */
  connect(): void
  /**
   * Leaves the server until `connect()`: nothing is sent, and `status.link` is `offline`. Editing goes
   * on, and is kept on this device.
   */
  disconnect(): void
  /**
   * Puts a new token of the same user in the place of the text that `connect` was given, for every
   * handle of the page that has that text, on the link that stands.
   *
   * @throws {TypeError} where `connect` was given a function: that is asked.
   */
  setToken(token: string): void
  /** Ends it. What is not acknowledged stays on this device, for the next one. Idempotent. */
  destroy(): Promise<void>
}
