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

const HELLO = 0x01
const OPEN = 0x02
const CLOSE = 0x03
const SYNC = 0x04
const EDIT = 0x05
const ANSWER = 0x06
const PART = 0x07
const AWARENESS = 0x08
const CLAIM = 0x09
const TOKEN = 0x0a
const PING = 0x0b

/** @example writeClientMessage({ is: 'ping', number: 5 }) // 0b 05 */
export function writeClientMessage(message: ClientMessage): Uint8Array<ArrayBuffer> {
  const writer = new Writer()
  switch (message.is) {
    case 'hello':
      return writer.uint(HELLO).text(message.token).done()
    case 'open':
      return writer
        .uint(OPEN)
        .uint(message.request)
        .text(message.entity)
        .text(message.position)
        .bytes(message.stateVector)
        .done()
    case 'close':
      return writer.uint(CLOSE).uint(message.channel).done()
    case 'sync':
      return writer.uint(SYNC).uint(message.channel).bytes(message.stateVector).done()
    case 'edit':
    case 'answer':
      return writer
        .uint(message.is === 'edit' ? EDIT : ANSWER)
        .uint(message.channel)
        .uint(message.batch)
        .bytes(message.update)
        .done()
    case 'part':
      return writer.uint(PART).uint(message.channel).raw(message.bytes).done()
    case 'awareness':
    case 'claim':
      return writer
        .uint(message.is === 'claim' ? CLAIM : AWARENESS)
        .uint(message.channel)
        .bytes(message.body)
        .done()
    case 'token':
      return writer.uint(TOKEN).text(message.token).done()
    case 'ping':
      return writer.uint(PING).uint(message.number).done()
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
  switch (type) {
    case HELLO:
      return { is: 'hello', token: cursor.varText() }
    case OPEN:
      return {
        is: 'open',
        request: cursor.varUint(),
        entity: cursor.varText(),
        position: cursor.varText(),
        stateVector: cursor.varBytes(),
      }
    case CLOSE:
      return { is: 'close', channel: cursor.varUint() }
    case SYNC:
      return { is: 'sync', channel: cursor.varUint(), stateVector: cursor.varBytes() }
    case EDIT:
    case ANSWER:
      return {
        is: type === EDIT ? 'edit' : 'answer',
        channel: cursor.varUint(),
        batch: cursor.varUint(),
        update: cursor.varBytes(),
      }
    case PART:
      return { is: 'part', channel: cursor.varUint(), bytes: cursor.rest() }
    case AWARENESS:
    case CLAIM:
      return {
        is: type === CLAIM ? 'claim' : 'awareness',
        channel: cursor.varUint(),
        body: cursor.varBytes(),
      }
    case TOKEN:
      return { is: 'token', token: cursor.varText() }
    case PING:
      return { is: 'ping', number: cursor.varUint() }
    default:
      return null
  }
}
