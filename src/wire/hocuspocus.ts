import { varUintLength, writeVarUint } from '../core/varint.ts'
import { Cursor } from './cursor.ts'
import { binaryFrame, type Frame } from './frame.ts'

const SYNC = 0
const AUTH = 2
const TOKEN = 0
const STEP1 = 0
const DENIED = 1
/** Of an entity id, and of a session that versions from 4 on may put behind it. */
const NAME_BYTES = 512
/** No version of the provider says more in its first message than its token and its own number. */
const MOST_BYTES = 64 * 1024

/**
 * The name of the document, if these bytes are what a provider of Hocuspocus (2 to 4) says first: the
 * name, and then its token or, from one of version 2 without a token, a step1. `null`, if they are
 * anything else. What a client of y-websocket says first is never taken for it: that begins with 0.
 *
 * @example readGreeting(Uint8Array.of(1, 0x61, 2, 0, 0)) // 'a'
 */
export function readGreeting(bytes: Uint8Array): string | null {
  if (bytes[0] === 0 || bytes.length > MOST_BYTES) return null
  const cursor = new Cursor(bytes)
  const name = cursor.varText()
  const [type, kind] = [cursor.varUint(), cursor.varUint()]
  if (cursor.failed || name.length > NAME_BYTES) return null
  if (type === AUTH && kind === TOKEN) {
    cursor.varText()
    // Its own version, from 3 on.
    if (!cursor.atEnd) cursor.varText()
  } else if (type === SYNC && kind === STEP1) cursor.varBytes()
  else return null
  return cursor.failed || !cursor.atEnd ? null : name
}

/** Its application is told of it as `onAuthenticationFailed`. */
export function greetingDenied(name: string, reason: string): Frame {
  const [title, why] = [name, reason].map(text) as [Uint8Array, Uint8Array]
  return binaryFrame(Uint8Array.of(...title, AUTH, DENIED), why)
}

function text(value: string): Uint8Array {
  const body = new TextEncoder().encode(value)
  const head = varUintLength(body.length)
  const whole = new Uint8Array(head + body.length)
  writeVarUint(whole, 0, body.length)
  whole.set(body, head)
  return whole
}
