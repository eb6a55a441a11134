import { Cursor } from './cursor.ts'
import { Writer } from './writer.ts'

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

export type UnreadClientMessage =
  /** Of a later version: it is passed over. */
  | { readonly is: 'unknown'; readonly type: number }
  /** A known type whose body is not what it must be. */
  | { readonly is: 'malformed'; readonly type: number }

/** In the order of their numbers, from 0x01 on. */
// biome-ignore format: a table is read in rows
const TYPES = [
  'hello', 'open', 'close', 'sync', 'edit', 'answer', 'part', 'awareness', 'claim', 'token', 'ping',
] as const satisfies readonly ClientMessage['is'][]

/** @example writeClientMessage({ is: 'ping', number: 5 }) // 0b 05 */
export function writeClientMessage(message: ClientMessage): Uint8Array<ArrayBuffer> {
  const writer = new Writer().uint(TYPES.indexOf(message.is) + 1)
  switch (message.is) {
    case 'hello':
      return writer.text(message.token).done()
    case 'open':
      return writer
        .uint(message.request)
        .text(message.entity)
        .text(message.position)
        .bytes(message.stateVector)
        .done()
    case 'close':
      return writer.uint(message.channel).done()
    case 'sync':
      return writer.uint(message.channel).bytes(message.stateVector).done()
    case 'edit':
    case 'answer':
      return writer.uint(message.channel).uint(message.batch).bytes(message.update).done()
    case 'part':
      return writer.uint(message.channel).raw(message.bytes).done()
    case 'awareness':
    case 'claim':
      return writer.uint(message.channel).bytes(message.body).done()
    case 'token':
      return writer.text(message.token).done()
    case 'ping':
      return writer.uint(message.number).done()
  }
}

/** @example readClientMessage(Uint8Array.of(0x0b, 5)) // { is: 'ping', number: 5 } */
export function readClientMessage(frame: Uint8Array): ClientMessage | UnreadClientMessage {
  const cursor = new Cursor(frame)
  const type = cursor.varUint()
  if (cursor.failed) return { is: 'malformed', type: -1 }
  const message = readBody(type, cursor)
  if (message === null) return { is: 'unknown', type }
  return cursor.failed || !cursor.atEnd ? { is: 'malformed', type } : message
}

function readBody(type: number, cursor: Cursor): ClientMessage | null {
  const is = TYPES[type - 1]
  switch (is) {
    case 'hello':
      return { is, token: cursor.varText() }
    case 'open':
      return {
        is,
        request: cursor.varUint(),
        entity: cursor.varText(),
        position: cursor.varText(),
        stateVector: cursor.varBytes(),
      }
    case 'close':
      return { is, channel: cursor.varUint() }
    case 'sync':
      return { is, channel: cursor.varUint(), stateVector: cursor.varBytes() }
    case 'edit':
    case 'answer':
      return {
        is,
        channel: cursor.varUint(),
        batch: cursor.varUint(),
        update: cursor.varBytes(),
      }
    case 'part':
      return { is, channel: cursor.varUint(), bytes: cursor.rest() }
    case 'awareness':
    case 'claim':
      return {
        is,
        channel: cursor.varUint(),
        body: cursor.varBytes(),
      }
    case 'token':
      return { is, token: cursor.varText() }
    case 'ping':
      return { is, number: cursor.varUint() }
    default:
      return null
  }
}
