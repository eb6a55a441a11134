import { RECORD_HEAD, RECORD_OVERHEAD, type Unreadable, unseal } from '../record/record.ts'

/**
 * The record of one entry. Its body begins with its place in the store, so that the checksum also
 * covers where it belongs, and a row under a flipped key is found out:
 *
 * ```
 * u48 entity number, u48 offset, 8 bytes check, content
 * ```
 */
const NUMBER = 6
const CHECK = 8
const OFFSET_AT = RECORD_HEAD + NUMBER
const CHECK_AT = OFFSET_AT + NUMBER
/** Where the content begins. */
export const CONTENT_AT = CHECK_AT + CHECK
/** What the record of an entry has beside its content, in bytes. */
export const ENTRY_OVERHEAD = CONTENT_AT + RECORD_OVERHEAD - RECORD_HEAD

/** Where an entry belongs. */
export interface EntryPlace {
  readonly entity: number
  readonly offset: number
  /** 16 hex digits. */
  readonly check: string
}

export function putPlace(record: Buffer, place: EntryPlace): void {
  record.writeUIntLE(place.entity, RECORD_HEAD, NUMBER)
  record.writeUIntLE(place.offset, OFFSET_AT, NUMBER)
  record.write(place.check, CHECK_AT, 'hex')
}

/** What a row's record holds, or why it cannot be told. */
export function contentOfRecord(
  record: Buffer,
  entity: number,
  offset: number,
): Uint8Array | Unreadable {
  const body = unseal(record)
  if (typeof body === 'string') return body
  return belongsTo(record, entity, offset)
    ? record.subarray(CONTENT_AT, record.length - 4)
    : 'damaged'
}

/** The entity and the offset that a whole record says it belongs to; `null` when it is not whole. */
export function placeOfRecord(record: Buffer): { entity: number; offset: number } | null {
  if (typeof unseal(record) === 'string' || record.length < ENTRY_OVERHEAD) return null
  return {
    entity: record.readUIntLE(RECORD_HEAD, NUMBER),
    offset: record.readUIntLE(OFFSET_AT, NUMBER),
  }
}

/** The place at the beginning of a record, as SQL and as what it is for an entry in its place. */
export const PLACE_IN_SQL = `lower(hex(substr(record, ${RECORD_HEAD + 1}, ${2 * NUMBER})))`
export function placeInHex(entity: number, offset: number): string {
  scratch.writeUIntLE(entity, 0, NUMBER)
  scratch.writeUIntLE(offset, NUMBER, NUMBER)
  return scratch.toString('hex')
}
const scratch = Buffer.alloc(2 * NUMBER)

/** Whether a record is whole and says that it stands here. */
export function isWholeAt(record: Buffer, entity: number, offset: number): boolean {
  const place = placeOfRecord(record)
  return place !== null && place.entity === entity && place.offset === offset
}

/**
 * The check, from where it stands in every record, damaged or not. In a damaged one it may be wrong:
 * then positions do not match and readers start over, which is safe; a wrong match is one in 2^64.
 */
export const checkOfRecord = (record: Buffer): string =>
  record.toString('hex', CHECK_AT, CONTENT_AT).padEnd(2 * CHECK, '0')

const belongsTo = (record: Buffer, entity: number, offset: number): boolean =>
  record.length >= ENTRY_OVERHEAD &&
  record.readUIntLE(RECORD_HEAD, NUMBER) === entity &&
  record.readUIntLE(OFFSET_AT, NUMBER) === offset
