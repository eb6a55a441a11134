import type { ClientMessage } from '../../src/wire/tributary-client.ts'
import type { Refusal, ServerMessage } from '../../src/wire/tributary-server.ts'
import type { LinkState } from './status.ts'

type Opened = Extract<ServerMessage, { readonly is: 'opened' }>

/** What the server says about one entity. Parts have been put together. */
export type ChannelMessage = Extract<
  ServerMessage,
  { readonly is: 'update' | 'synced' | 'ask' | 'awareness' | 'ack' | 'nack' | 'at' | 'rights' }
>

type OfChannel = Extract<
  ClientMessage,
  { readonly is: 'sync' | 'edit' | 'answer' | 'awareness' | 'claim' }
>
/** The same without its channel: the link knows it. */
export type Said = OfChannel extends infer Message
  ? Message extends OfChannel
    ? Omit<Message, 'channel'>
    : never
  : never

/** What a link tells upwards: an entity's half of the work implements it. */
export interface ChannelOwner {
  /** The link is there and asks: what do you have? */
  opening(): { readonly position: string; readonly stateVector: Uint8Array }
  /** @param most Bytes that an edit or an answer may have: a larger one would end the socket. */
  opened(message: Opened, most: number): void
  message(message: ChannelMessage): void
  /** So many more bytes have come in of what is to follow an `opened`. */
  progress(bytes: number): void
  /**
   * The server will not have this entity open: at first, or any more. It is opened again after
   * `retry`, and with another token. What the server takes back after a while (`again`), and what is
   * wrong with the token alone, comes by `linked` instead, and is tried again without being asked.
   */
  refused(refusal: Refusal): void
  /**
   * Of the link, or of this entity when the server has shut it for a while. `online` only says that
   * there is a socket; `opened` says the rest. Whatever else it is, nothing is open.
   */
  linked(state: LinkState): void
  /** To the user, from the program that runs the server: each entity of a link is told. */
  direct(kind: string, bytes: Uint8Array): void
  rtt(ms: number): void
}

/** One entity on a link, for as long as it is not left. It is opened again whenever the link comes back. */
export interface Channel {
  /** @returns whether it was put on the wire: it was not when the entity is not open now. */
  say(message: Said): boolean
  /** Opens it again although the server refused. */
  retry(): void
  /** For good. Idempotent. */
  leave(): void
}

/** The way to one server, shared by all entities of a page with the same URL and token. */
export interface Link {
  open(entity: string, owner: ChannelOwner): Channel
  /**
   * Another text for the token, here and wherever the same was given.
   *
   * @throws {TypeError} where the token is a function.
   */
  renew(token: string): void
}
