import type { Tier } from '../../src/core/tier.ts'

/** How the link to the server stands. */
export type LinkState =
  | { readonly is: 'connecting' }
  /** The entity is open at the server, and everything that the server has is here. */
  | { readonly is: 'online' }
  /** `again`: when it is tried next, in whole ms like `Date.now()`; `null` while nobody tries: the device has no network, or it was `disconnect()`. */
  | { readonly is: 'offline'; readonly reason: string; readonly again: number | null }
  /** The token is missing, invalid or expired: edits are kept here until there is another. */
  | { readonly is: 'needs-auth'; readonly reason: string }
  /** The server lets nobody with this token in: no right to this entity, or the entity was removed. Another token, or `connect()`, asks again. */
  | { readonly is: 'denied'; readonly code: string; readonly reason: string }

/** What has become of the edits that were made here. */
export type SaveState =
  /** All of them are in the server's log, as safe as its tier says. */
  | { readonly is: 'saved' }
  /** Some are on their way. */
  | { readonly is: 'saving' }
  /**
   * Some wait for the link; `device`: they are on this device, and survive a reload. It is said of a
   * new handle too, until it is known what an earlier one has left here.
   */
  | { readonly is: 'local'; readonly device: boolean }
  /** Some were not taken: `setAside()` has them. Those that came after them are as safe as ever. */
  | { readonly is: 'rejected'; readonly code: string; readonly reason: string }

/** Both, never mixed, and figures to show beside them. */
export interface Status {
  readonly link: LinkState
  readonly save: SaveState
  /** May this user write? `null` before the server has said. */
  readonly may: 'read' | 'write' | null
  /** Edits that the server has not acknowledged. */
  readonly pending: number
  /** How long the oldest of them has been waiting, in ms; 0 without any. */
  readonly oldestMs: number
  /** From a ping to its answer, in ms; `null` before the first. */
  readonly rtt: number | null
  /** How safe what is saved is; `null` before the server has said. */
  readonly tier: Tier | null
  /** From 0 to 1 while an entity is coming in; `null` otherwise. */
  readonly progress: number | null
  /** Why nothing can be kept on this device, in words for people; `null` when it can, or shall not. */
  readonly storageTrouble: string | null
}
