import { BYTES, REST, read, type Table, TEXT, UINT, type Unread, write } from './fields.ts'

/** The subprotocol. */
export const TRIBUTARY_PROTOCOL = 'tributary.v1'

/**
 * What a client of `tributary.v1` says, a message each. Byte fields are views into the frame they
 * came in. `channel`: the number that the server gave an entity when it was opened. `batch`: a number
 * that the client chooses, rising within a channel.
 */
export type ClientMessage =
  /** First of all; `''` for no token. */
  | { readonly is: 'hello'; readonly token: string }
  | {
      readonly is: 'open'
      /** The client's, so that it knows which answer is meant. */
      readonly request: number
      readonly entity: string
      /** Where the client stands in the log; `''` when it does not know. */
      readonly position: string
      /** What it has; empty when the position says it. */
      readonly stateVector: Uint8Array
    }
  | { readonly is: 'close'; readonly channel: number }
  /** What it has: it wants the rest. */
  | { readonly is: 'sync'; readonly channel: number; readonly stateVector: Uint8Array }
  | {
      /** `answer`: to a question of the server. */
      readonly is: 'edit' | 'answer'
      readonly channel: number
      readonly batch: number
      readonly update: Uint8Array
    }
  /** Comes before the bytes of the next edit or answer of its channel. */
  | { readonly is: 'part'; readonly channel: number; readonly bytes: Uint8Array }
  /** `claim`: the client speaks for the one id in it from now on. */
  | {
      readonly is: 'awareness' | 'claim'
      readonly channel: number
      readonly body: Uint8Array
    }
  /** In the place of the one before. */
  | { readonly is: 'token'; readonly token: string }
  /** Comes back as it is. */
  | { readonly is: 'ping'; readonly number: number }

const EDIT_FIELDS = { channel: UINT, batch: UINT, update: BYTES }
const AWARENESS_FIELDS = { channel: UINT, body: BYTES }
const TOKEN_FIELDS = { token: TEXT }

const TABLE: Table<ClientMessage> = {
  hello: TOKEN_FIELDS,
  open: { request: UINT, entity: TEXT, position: TEXT, stateVector: BYTES },
  close: { channel: UINT },
  sync: { channel: UINT, stateVector: BYTES },
  edit: EDIT_FIELDS,
  answer: EDIT_FIELDS,
  part: { channel: UINT, bytes: REST },
  awareness: AWARENESS_FIELDS,
  claim: AWARENESS_FIELDS,
  token: TOKEN_FIELDS,
  ping: { number: UINT },
}

/** @example writeClientMessage({ is: 'ping', number: 5 }) // 0b 05 */
export const writeClientMessage = (message: ClientMessage): Uint8Array<ArrayBuffer> =>
  write(TABLE, message)

/** @example readClientMessage(Uint8Array.of(0x0b, 5)) // { is: 'ping', number: 5 } */
export const readClientMessage = (frame: Uint8Array): ClientMessage | Unread => read(TABLE, frame)
