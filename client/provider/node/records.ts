import { crc32 } from 'node:zlib'
import type { Change } from '../keep/shelf.ts'

/**
 * A file is records one after the other, each a change:
 *
 * ```
 * u32 length of the body, u32 crc32 of the body, u32 crc32 of these 8 bytes,
 * body: u32 length of the head, head (JSON), bytes
 * ```
 *
 * Integers are little-endian. The first record says which version wrote it.
 */
const HEADER = 12
const VERSION = 1

/** Where in the file bytes lie. */
export interface Place {
  readonly at: number
  readonly length: number
}

type Head = Change | { readonly is: 'file'; readonly version: number }

/** @returns the record, and where in it the bytes lie. */
export function recordOf(
  head: Head,
  bytes: Uint8Array = new Uint8Array(0),
): { record: Buffer; at: number } {
  const text = Buffer.from(JSON.stringify(head))
  const at = HEADER + 4 + text.length
  const record = Buffer.alloc(at + bytes.length)
  record.writeUInt32LE(record.length - HEADER, 0)
  record.writeUInt32LE(text.length, HEADER)
  record.set(text, HEADER + 4)
  record.set(bytes, at)
  record.writeUInt32LE(crc32(record.subarray(HEADER)), 4)
  record.writeUInt32LE(crc32(record.subarray(0, 8)), 8)
  return { record, at }
}

export const FIRST_RECORD = recordOf({ is: 'file', version: VERSION }).record

export interface Found {
  /** In order, with the place of their bytes. */
  readonly changes: readonly (readonly [Change, Place])[]
  /** Up to where the file is sound: what is behind was being written when the process or the host died. */
  readonly end: number
  /** Whether anything before that could not be read. */
  readonly damaged: boolean
  /** Whether a later version wrote it, which this one keeps its hands off. */
  readonly later: boolean
}

export function recordsIn(file: Buffer): Found {
  const changes: [Change, Place][] = []
  let [at, damaged] = [0, false]
  const found = (later = false): Found => ({ changes, end: at, damaged, later })
  while (at + HEADER <= file.length) {
    const header = file.subarray(at, at + HEADER)
    if (crc32(header.subarray(0, 8)) !== header.readUInt32LE(8)) {
      // Where the next one begins nobody knows. Zeros are what a host that died leaves of a write.
      damaged ||= file.subarray(at).some((byte) => byte !== 0)
      return found()
    }
    const end = at + HEADER + header.readUInt32LE(0)
    const body = file.subarray(at + HEADER, end)
    if (end > file.length) return found()
    if (crc32(body) === header.readUInt32LE(4)) {
      const start = 4 + body.readUInt32LE(0)
      const head = JSON.parse(body.toString('utf8', 4, start)) as Head
      if (head.is === 'file') {
        if (head.version > VERSION) return found(true)
      } else {
        changes.push([head, { at: at + HEADER + start, length: body.length - start }])
      }
    } else if (end === file.length) {
      return found()
    } else {
      damaged = true
    }
    at = end
  }
  return found()
}
