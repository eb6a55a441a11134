import type { NodeName } from './bus.ts'

/** A message as it travels. */
export interface Envelope {
  readonly from: NodeName
  readonly kind: string
  /** A view into the message. */
  readonly bytes: Uint8Array
}

/**
 * The first byte, which is also the version. What the log tells of the same entity, on the same
 * channel, begins with a letter; a message of a later version is passed over.
 */
const MARK = 1

/** `01, length of the node's name, name, length of the kind, kind, bytes`; names are ASCII. */
export function wrap(from: NodeName, kind: string, bytes: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(3 + from.length + kind.length + bytes.length)
  message[0] = MARK
  message[1] = from.length
  message.write(from, 2, 'latin1')
  let at = 2 + from.length
  message[at++] = kind.length
  message.write(kind, at, 'latin1')
  at += kind.length
  message.set(bytes, at)
  return message
}

/** `null` for what `wrap` has not made. */
export function unwrap(message: Buffer): Envelope | null {
  if (message[0] !== MARK) return null
  const nameEnd = 2 + (message[1] ?? 0)
  const kindFrom = nameEnd + 1
  const kindEnd = kindFrom + (message[nameEnd] ?? 0)
  if (message.length < kindEnd || nameEnd === 2 || kindEnd === kindFrom) return null
  return {
    from: message.toString('latin1', 2, nameEnd),
    kind: message.toString('latin1', kindFrom, kindEnd),
    bytes: message.subarray(kindEnd),
  }
}
