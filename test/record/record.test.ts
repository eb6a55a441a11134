import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  RECORD_OVERHEAD,
  seal,
  sealInPlace,
  sealJson,
  unseal,
  unsealJson,
  unsealTwin,
} from '../../src/record/record.ts'
import {
  CONTENT_AT,
  checkOfRecord,
  contentOfRecord,
  ENTRY_OVERHEAD,
  type EntryPlace,
  isWholeAt,
  placeOfRecord,
  putPlace,
} from '../../src/sqlite/entry-record.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

describe('[L30] a stored value', () => {
  test('has a version, bits, a length and a checksum', () => {
    //                                              v b length   body   crc32
    expect(hex(seal(bytes('c0ffee')))).toBe('01 00 03000000 c0ffee 3dbea385'.replaceAll(' ', ''))
    expect(unseal(seal(bytes('c0ffee')))).toEqual(bytes('c0ffee'))
    expect(unseal(seal(bytes('')))).toEqual(bytes(''))
  })

  test('is damaged by every single flipped bit', () => {
    const record = seal(bytes('00112233445566778899aabbccddeeff'))
    for (let bit = 0; bit < record.length * 8; bit++) {
      const flipped = record.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(unseal(flipped), `bit ${bit}`).toBe('damaged')
    }
  })

  test('is damaged by every cut and by everything behind it', () => {
    const record = seal(bytes('00112233'))
    for (let length = 0; length < record.length; length++) {
      expect(unseal(record.subarray(0, length)), `${length} bytes`).toBe('damaged')
    }
    expect(unseal(new Uint8Array([...record, 0]))).toBe('damaged')
  })

  test('of a later version or with an unknown bit is not understood', () => {
    for (const [at, value] of [
      [0, 2],
      [1, 0x01],
      [1, 0x80],
    ] as const) {
      const record = seal(bytes('c0ffee'))
      record[at] = value
      expect(unseal(resealed(record))).toBe('not-understood')
    }
  })

  test('whose length is a lie is damaged, although its checksum is right', () => {
    const record = seal(bytes('c0ffee'))
    record[2] = 2
    expect(unseal(resealed(record))).toBe('damaged')
  })

  test('as JSON comes back; of two copies either is enough', () => {
    const value = { epoch: '0.abc', base: { offset: 3, check: 'ü' } }
    const record = sealJson(value)
    const damaged = record.slice(0, -1)
    expect(unsealJson(record)).toEqual(value)
    expect(unsealJson(damaged)).toBe('damaged')
    expect(unsealTwin(damaged, record)).toEqual(value)
    expect(unsealTwin(record, damaged)).toEqual(value)
    expect(unsealTwin(damaged, damaged)).toBe('damaged')
  })
})

describe('[L30] the record of an entry', () => {
  const place: EntryPlace = { entity: 2 ** 40 + 1, offset: 2 ** 33 + 5, check: '0123456789abcdef' }
  const recordOf = (content: string) => {
    const record = Buffer.alloc(ENTRY_OVERHEAD + content.length)
    putPlace(record, place)
    record.write(content, CONTENT_AT)
    sealInPlace(record)
    return record
  }

  test('says under its checksum where it belongs', () => {
    const record = recordOf('content')
    expect(hex(record.subarray(0, CONTENT_AT))).toBe(
      `01 00 1b000000 010000000001 050000000200 0123456789abcdef`.replaceAll(' ', ''),
    )
    expect(record.length).toBe(CONTENT_AT + 7 + 4)
    expect(placeOfRecord(record)).toEqual({ entity: place.entity, offset: place.offset })
    const content = contentOfRecord(record, place.entity, place.offset)
    expect(Buffer.from(content as Uint8Array).toString()).toBe('content')
  })

  test('in the row of another entity or offset is damaged', () => {
    const record = recordOf('content')
    expect(isWholeAt(record, place.entity, place.offset)).toBe(true)
    expect(isWholeAt(record, place.entity + 1, place.offset)).toBe(false)
    expect(isWholeAt(record, place.entity, place.offset + 1)).toBe(false)
    expect(contentOfRecord(record, place.entity + 1, place.offset)).toBe('damaged')
    expect(contentOfRecord(record, place.entity, place.offset - 1)).toBe('damaged')
  })

  test('tells its check also when it is damaged, and zeros when it is cut', () => {
    const record = recordOf('content')
    record[record.length - 5] = 0
    expect(placeOfRecord(record)).toBeNull()
    expect(checkOfRecord(record)).toBe(place.check)
    expect(checkOfRecord(record.subarray(0, CONTENT_AT - 6))).toBe('0123000000000000')
    expect(checkOfRecord(Buffer.alloc(0))).toBe('0000000000000000')
  })

  test('too short for a place is damaged, also with a right checksum', () => {
    const short = Buffer.from(seal(new Uint8Array(ENTRY_OVERHEAD - RECORD_OVERHEAD - 1)))
    expect(placeOfRecord(short)).toBeNull()
    expect(contentOfRecord(short, 0, 0)).toBe('damaged')
  })
})

function resealed(record: Uint8Array): Uint8Array {
  const buffer = Buffer.from(record)
  buffer.writeUInt32LE(crc32(buffer.subarray(0, -4)), buffer.length - 4)
  return buffer
}
