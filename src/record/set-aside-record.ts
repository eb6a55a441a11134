import { seal, type Unreadable, unseal } from './record.ts'

export interface SetAsideContent {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly why: string
  readonly bytes: Uint8Array
}

/** The body: `f64 time, u32 length of why, why, bytes`. */
export function sealSetAside({ time, why, bytes }: SetAsideContent): Uint8Array {
  const text = Buffer.from(why)
  const body = Buffer.alloc(12 + text.length + bytes.length)
  body.writeDoubleLE(time, 0)
  body.writeUInt32LE(text.length, 8)
  body.set(text, 12)
  body.set(bytes, 12 + text.length)
  return seal(body)
}

export function unsealSetAside(record: Uint8Array): SetAsideContent | Unreadable {
  const bytes = unseal(record)
  if (typeof bytes === 'string') return bytes
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = 12 + body.readUInt32LE(8)
  return {
    time: body.readDoubleLE(0),
    why: body.toString('utf8', 12, end),
    bytes: new Uint8Array(body.subarray(end)),
  }
}
