import { writeVarUint } from '../core/varint.ts'
import type { Cursor } from './cursor.ts'
import { binaryFrame, type Frame } from './frame.ts'

/** What a stock y-websocket client can say. Byte fields are views into the frame they came in. */
export type YWebsocketMessage =
  | { readonly is: 'step1'; readonly stateVector: Uint8Array }
  | { readonly is: 'step2'; readonly update: Uint8Array }
  | { readonly is: 'update'; readonly update: Uint8Array }
  | { readonly is: 'awareness'; readonly body: Uint8Array }
  | { readonly is: 'query-awareness' }
  /** y-sweet's question how far the server has stored: comes back when all before it is durable. */
  | { readonly is: 'marker'; readonly version: Uint8Array }
  /** A type that this dialect does not have, or an empty frame. What follows it cannot be read. */
  | { readonly is: 'unknown'; readonly type: number }
  /** A known type whose body is cut short. */
  | { readonly is: 'malformed'; readonly type: number }

const SYNC = 0
const AWARENESS = 1
const AUTH = 2
const QUERY_AWARENESS = 3
const MARKER = 102

const STEP1 = 0
const STEP2 = 1
const UPDATE = 2
const DENIED = 0

/**
 * The next message of a frame. Stock clients put one message into a frame; one that puts several
 * must not lose the second silently, so the caller reads until the cursor is at its end.
 *
 * @example readMessage(new Cursor(Uint8Array.of(0, 2, 2, 0, 0))) // { is: 'update', update: 00 00 }
 */
export function readMessage(cursor: Cursor): YWebsocketMessage {
  const type = cursor.varUint()
  if (cursor.failed) return { is: 'unknown', type: -1 }
  switch (type) {
    case SYNC:
      return readSync(cursor)
    case AWARENESS: {
      const body = cursor.varBytes()
      return cursor.failed ? { is: 'malformed', type } : { is: 'awareness', body }
    }
    case QUERY_AWARENESS:
      return { is: 'query-awareness' }
    case MARKER: {
      const version = cursor.varBytes()
      return cursor.failed ? { is: 'malformed', type } : { is: 'marker', version }
    }
    default:
      return { is: 'unknown', type }
  }
}

function readSync(cursor: Cursor): YWebsocketMessage {
  const kind = cursor.varUint()
  if (cursor.failed) return { is: 'malformed', type: SYNC }
  // @y/websocket 4 (rc) answers a frame of two sync messages with a bare `00 00`: no step1 at all.
  if (kind === STEP1 && cursor.atEnd) return { is: 'unknown', type: SYNC }
  if (kind > UPDATE) return { is: 'unknown', type: SYNC }
  const body = cursor.varBytes()
  if (cursor.failed) return { is: 'malformed', type: SYNC }
  if (kind === STEP1) return { is: 'step1', stateVector: body }
  return { is: kind === STEP2 ? 'step2' : 'update', update: body }
}

/** What comes before a body is put together here, and copied. */
const PREFIX = new Uint8Array(16)

function prefixed(types: readonly number[], body: Uint8Array): Frame {
  for (let at = 0; at < types.length; at++) PREFIX[at] = types[at] as number
  return binaryFrame(PREFIX, body, writeVarUint(PREFIX, types.length, body.length))
}

const TYPES = { step1: [SYNC, STEP1], step2: [SYNC, STEP2], update: [SYNC, UPDATE] } as const

export const step1Frame = (stateVector: Uint8Array): Frame => prefixed(TYPES.step1, stateVector)
/** What makes a client `synced`. */
export const step2Frame = (update: Uint8Array): Frame => prefixed(TYPES.step2, update)
export const updateFrame = (update: Uint8Array): Frame => prefixed(TYPES.update, update)
export const awarenessFrame = (body: Uint8Array): Frame => prefixed([AWARENESS], body)
export const markerFrame = (version: Uint8Array): Frame => prefixed([MARKER], version)
/** The client writes the reason to its console, and nothing else happens. */
export const deniedFrame = (reason: string): Frame =>
  prefixed([AUTH, DENIED], new TextEncoder().encode(reason))

/** An awareness frame about nobody: the data frame that keeps an idle client from giving up after 30 s. */
export const IDLE_FRAME: Frame = awarenessFrame(Uint8Array.of(0))
