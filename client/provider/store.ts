/** An edit that the server has not acknowledged. */
export interface KeptEdit {
  /** Rises in the order in which updates were kept. */
  readonly id: number
  readonly update: Uint8Array
  /** By `Date.now()`. */
  readonly madeAt: number
}

/** An edit that the server did not take, or not with its content. */
export interface Aside {
  readonly id: number
  readonly update: Uint8Array
  readonly code: string
  readonly reason: string
  /** By `Date.now()`. */
  readonly at: number
}

/** What a device has of an entity. */
export interface Kept {
  /** Everything that was known here, edits included, each after what it builds on. */
  readonly updates: readonly Uint8Array[]
  /** Where in the server's log what was known stands; `''` when nobody knows. */
  readonly position: string
  /**
   * Whether more may be here than is in the log at or below that position: it was told so, or anything
   * from the server was kept, or an edit acknowledged, since. Then the server is offered what it may lack.
   */
  readonly beyond: boolean
  /** The highest id in `updates`, 0 without any: the whole of them as one is for `compact(…, last)`. */
  readonly last: number
  readonly aside: readonly Aside[]
}

/**
 * One entity on one device: the port that IndexedDB, a file and plain memory are behind. All tabs of a
 * browser share it, each with a handle of its own.
 *
 * What is kept is kept in the order of the calls, and a promise that has resolved means that it
 * survives a reload, a crash of the page or of the whole browser and, in a file, a loss of power. Any
 * promise may reject with a `StorageTrouble`: the storage is full, blocked or was wiped. Nothing that
 * was kept before is lost by that, and the next call tries again.
 *
 * After a `keep` that was rejected there is a hole in what is kept: it stays sound, and nothing is
 * called standing until a later one has succeeded, and `compact` with its id.
 */
export interface EntityStore {
  load(): Promise<Kept>
  /**
   * Keeps an update that came from the server, or an edit of this tab.
   *
   * @returns its id.
   */
  keep(update: Uint8Array, from: 'server' | 'here'): Promise<number>
  /** The server has these edits. */
  acknowledged(ids: readonly number[]): Promise<void>
  /**
   * Everything in the server's log at or below `position` is kept here. `beyond`: and perhaps more, of
   * which nobody has said that it is in the log. Without: all that this tab has loaded or kept before
   * the call is in the log at or below it, unacknowledged edits left aside; what others kept
   * meanwhile is theirs to say. Rejects while there is a hole.
   */
  standAt(position: string, beyond: boolean): Promise<void>
  /**
   * `state` takes the place of the updates up to `id` that this tab has loaded, kept, adopted, or been
   * told of by `onOther`. Edits among them stay edits.
   *
   * @param id The `last` of a `load()`, whose updates make up `state`. Or what a `keep` has returned:
   * then `state` is encoded in the task of this call, of a document with all that is known here.
   */
  compact(state: Uint8Array, id: number): Promise<void>
  /**
   * Edits that nobody sends: of this tab's earlier life, and of tabs that are gone. From now on they are
   * this tab's to send; no other tab is given them while this one lives. In the order of their ids.
   */
  adopt(): Promise<readonly KeptEdit[]>
  /**
   * Those edits are none any more; their original is shown and exported from here until it is
   * forgotten. The last
   * `MOST_ASIDE` are held, and of these so many as make up `MOST_ASIDE_BYTES`: the oldest go.
   */
  setAside(aside: Omit<Aside, 'id'>, edits: readonly number[]): Promise<Aside>
  forgetAside(id: number): Promise<void>
  /** Tells what other tabs keep. @returns what ends that. */
  onOther(fn: (update: Uint8Array, from: 'server' | 'here') => void): () => void
  /** Tells that another tab is gone: `adopt` may give something. @returns what ends that. */
  onGone(fn: () => void): () => void
  /** Forgets everything: the entity was removed. What is set aside stays. */
  wipe(): Promise<void>
  /** Lets go of locks and connections; edits stay, and others may adopt them. Idempotent. */
  close(): Promise<void>
}

/** Where entities are kept. */
export interface DeviceStore {
  /** Whether what is kept outlives the page, or the process. */
  readonly lasting: boolean
  /** @param name Of server and entity: two servers never share anything. */
  open(name: string): Promise<EntityStore>
  /**
   * Forgets all whose names begin so, what is set aside and edits that nobody has sent included.
   *
   * @throws {StorageTrouble} `busy` while one of them is open, in any tab: then nothing is forgotten.
   */
  forget(prefix: string): Promise<void>
}

/** How much is held of what the server did not take, for each entity: the newest, and at least one. */
export const MOST_ASIDE = 100
export const MOST_ASIDE_BYTES = 16 * 1024 * 1024
