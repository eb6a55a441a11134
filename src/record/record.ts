import { crc32 } from 'node:zlib'

/**
 * Every value in a store lies in one of these, so that a flipped byte or a cut is noticed, and
 * so that a later version can say what an older one must keep its hands off:
 *
 * ```
 * u8 version, u8 must-understand bits, u32 body length, body, u32 crc32 of all before it
 * ```
 *
 * Integers are little-endian. Whatever later versions change, the version stays the first byte and
 * the checksum the last four: what fails the checksum is `damaged`, what passes it with a version or
 * a bit that is not known is `not-understood`, and kept as it is.
 */
const VERSION = 1
/** The must-understand bits that this version knows: none yet. */
const UNDERSTOOD = 0
const CRC = 4

/** Where the body begins. */
export const RECORD_HEAD = 6
/** What a record has beside its body, in bytes. */
export const RECORD_OVERHEAD = RECORD_HEAD + CRC

/** Why a stored value cannot be used. */
export type Unreadable = 'damaged' | 'not-understood'

/** Fills in what surrounds a body that lies in its place: behind `RECORD_HEAD`, 4 bytes before the end. */
export function sealInPlace(record: Uint8Array): void {
  const end = record.length - CRC
  record[0] = VERSION
  record[1] = 0
  putUint32(record, 2, end - RECORD_HEAD)
  putUint32(record, end, crc32(record.subarray(0, end)))
}

/** @example unseal(seal(new Uint8Array([1, 2, 3]))) // Uint8Array [1, 2, 3] */
export function seal(body: Uint8Array): Uint8Array {
  const record = new Uint8Array(body.length + RECORD_OVERHEAD)
  record.set(body, RECORD_HEAD)
  sealInPlace(record)
  return record
}

/** The body, as a view of the record. */
export function unseal(record: Uint8Array): Uint8Array | Unreadable {
  if (record.length < RECORD_OVERHEAD) return 'damaged'
  const end = record.length - CRC
  if (getUint32(record, end) !== crc32(record.subarray(0, end))) return 'damaged'
  if (record[0] !== VERSION || ((record[1] as number) & ~UNDERSTOOD) !== 0) return 'not-understood'
  return getUint32(record, 2) === end - RECORD_HEAD ? record.subarray(RECORD_HEAD, end) : 'damaged'
}

/** Rare, small values are JSON inside their record: they can be read with common tools. */
export const sealJson = (value: unknown): Uint8Array =>
  seal(new TextEncoder().encode(JSON.stringify(value)))

/** The value that `sealJson` was given: the checksum vouches for its shape. */
export function unsealJson<Value>(record: Uint8Array): Value | Unreadable {
  const body = unseal(record)
  return typeof body === 'string' ? body : (JSON.parse(new TextDecoder().decode(body)) as Value)
}

/**
 * The first of two copies that can be read. What names a whole entity or keeps removed content away
 * is stored twice in SQLite: one flipped byte must not cost more than itself.
 */
export function unsealTwin<Value>(record: Uint8Array, twin: Uint8Array): Value | Unreadable {
  const value = unsealJson<Value>(record)
  return typeof value === 'string' ? unsealJson<Value>(twin) : value
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

const getUint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)) >>>
  0
