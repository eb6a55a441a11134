import type { ErrorCode } from '../core/errors.ts'
import type { Frame } from '../wire/frame.ts'

/** One socket, as a dialect sees it. Transport makes it. */
export interface Wire {
  /** Where the peer is, for logs and limits. */
  readonly address: string
  /** Bytes written that the socket has not taken yet. */
  readonly unsent: number
  /** Never waits and never throws; after the end it does nothing. */
  write(frame: Frame): void
  /**
   * From now on no more than so many bytes may come in, else the connection ends with
   * `frame-too-large`, before they are put together; `null`: as many as a frame may have, and again.
   */
  expect(bytes: number | null): void
  /**
   * Ends the connection with a close frame. `holdMs` first passes with nothing read any more. The
   * frame says `reason`, of at most 123 bytes, else the code.
   */
  close(code: ErrorCode, holdMs?: number, reason?: string): void
}

/**
 * What goes on over one socket, as transport sees it. A dialect makes it.
 *
 * A method that throws ends this connection and no other.
 */
export interface Conversation {
  /** One message. Nothing more is read until a returned promise has settled. */
  message(data: Uint8Array, binary: boolean): Promise<void> | undefined
  /** The socket has taken everything that was written. */
  drained(): void
  /** About once a second. `quietMs`: since something was last written. */
  tick(now: number, quietMs: number): void
  /** The socket is gone, or goes. `draining`: the whole node does, and its clients will be back. */
  closed(draining: boolean): void
}

/** A conversation that is over before it began. */
export const NOTHING_MORE: Conversation = {
  message: () => undefined,
  drained: () => {},
  tick: () => {},
  closed: () => {},
}

/** A request for an upgrade, before anything is decided. */
export interface Knock {
  /**
   * The path behind the door's prefix, as it came: not decoded, without the query. All of it, when it
   * does not begin with the prefix: the client was led here by its subprotocol.
   */
  readonly path: string
  /** What the client brought to show who it is; `null` when nothing. */
  readonly token: string | null
  /** The subprotocols that it offers, without those that hold a token. */
  readonly protocols: readonly string[]
  readonly address: string
}

/**
 * One door: a path prefix and who speaks behind it.
 */
export interface Door {
  /** Begins with a slash. */
  readonly prefix: string
  /**
   * The one subprotocol that is spoken there; `null` for whichever the client offers first. Who offers
   * it is led to this door whatever the path is: nobody else could tell them what is wrong with it.
   */
  readonly protocol: string | null
  /**
   * Decides before the upgrade what can be decided without the token.
   *
   * @returns what begins the conversation once the socket is there. Nothing is read until then.
   * @throws {TributaryError} whose HTTP status the client gets instead of an upgrade.
   */
  admit(knock: Knock): (wire: Wire) => Promise<Conversation>
}
