/**
 * A whole WebSocket frame from server to client, ready for the socket: unmasked, so the same bytes
 * serve every reader. A large body stays apart from its head and is shared, never copied.
 */
export interface Frame {
  readonly head: Uint8Array
  readonly body: Uint8Array | null
}

/** Bytes a frame takes on the socket. */
export const frameLength = (frame: Frame): number => frame.head.length + (frame.body?.length ?? 0)

const FINAL = 0x80
const BINARY = 0x2
const PING = 0x9
const PONG = 0xa
/** Below it one buffer, and so one write, is cheaper than two; above it the copy is. Measured by ws's authors and here alike. */
const COPY_BELOW = 16 * 1024

/**
 * A binary message: `prefix` (a dialect's own bytes) followed by `body` (shared).
 *
 * @param size How much of `prefix` it is, which is copied.
 */
export function binaryFrame(prefix: Uint8Array, body: Uint8Array, size = prefix.length): Frame {
  const length = size + body.length
  const copied = length < COPY_BELOW
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const head = new Uint8Array(headLength + size + (copied ? body.length : 0))
  head[0] = FINAL | BINARY
  writeLength(head, length, headLength)
  for (let at = 0; at < size; at++) head[headLength + at] = prefix[at] as number
  if (!copied) return { head, body }
  head.set(body, headLength + size)
  return { head, body: null }
}

/** A control frame: at most 125 bytes of payload, which is what a peer's ping may hold. */
export function controlFrame(kind: 'ping' | 'pong', payload: Uint8Array): Frame {
  if (payload.length > 125) throw new TypeError('a control frame holds at most 125 bytes')
  const head = new Uint8Array(2 + payload.length)
  head[0] = FINAL | (kind === 'ping' ? PING : PONG)
  head[1] = payload.length
  head.set(payload, 2)
  return { head, body: null }
}

function writeLength(head: Uint8Array, length: number, headLength: number): void {
  if (headLength === 2) {
    head[1] = length
  } else if (headLength === 4) {
    head[1] = 126
    head[2] = length >>> 8
    head[3] = length & 0xff
  } else {
    head[1] = 127
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    view.setUint32(2, Math.floor(length / 2 ** 32))
    view.setUint32(6, length >>> 0)
  }
}
