import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentOf } from '../../src/log/chain.ts'
import { contentBound, putContent, readContent } from '../../src/log/entry.ts'
import type { NewEntry, Origin } from '../../src/log/log.ts'
import { entry } from '../contract/store.ts'

function encode(one: NewEntry): Buffer {
  const into = Buffer.alloc(contentBound(one) + 10, 0xee)
  const end = putContent(into, 5, one)
  expect(end - 5).toBeLessThanOrEqual(contentBound(one))
  expect([...into.subarray(0, 5), ...into.subarray(end)].every((byte) => byte === 0xee)).toBe(true)
  return into.subarray(5, end)
}

const fromHex = (...parts: string[]) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex')

/** `id`, origin, time, one author, no fields, update `c0ffee`. */
const PLAIN = [
  '03 612d31', // text 'a-1'
  '00', // session
  '80 d0 95 ff bc 31', // 1 700 000 000 000 ms
  '01', // one author
  '03 616461', // 'ada'
  '02 7331', // 's1'
  '02 07 ac02', // two clients: 7, 300
] as const

describe('[L31] the stored content of an entry', () => {
  test('is these bytes, for keeps', () => {
    const one = entry('a-1', {
      authors: [{ actor: 'ada', session: 's1', clients: [7, 300] }],
      update: new Uint8Array([0xc0, 0xff, 0xee]) as never,
    })
    expect(encode(one).toString('hex')).toBe(fromHex(...PLAIN, '00', 'c0ffee').toString('hex'))
    const expected = { epoch: '2.abc', offset: 300, check: '0123456789abcdef' } as const
    const text = Buffer.from('2.abc:300:0123456789abcdef').toString('hex')
    expect(encode({ ...one, expected }).toString('hex')).toBe(
      fromHex(...PLAIN, '01', '01', '1a', text, 'c0ffee').toString('hex'),
    )
  })

  test('[L91] names what in it was taken without its content', () => {
    const one = entry('a-1', {
      authors: [{ actor: 'ada', session: 's1', clients: [7, 300] }],
      update: new Uint8Array([0xc0, 0xff, 0xee]) as never,
      emptied: new Uint8Array([0x00, 0x05, 0x01, 0x07, 0x01, 0x00, 0x03]),
    })
    const field = ['04', '07', '00 05 01 07 01 00 03']
    expect(encode(one).toString('hex')).toBe(
      fromHex(...PLAIN, '01', ...field, 'c0ffee').toString('hex'),
    )
    const expected = { epoch: '2.abc', offset: 300, check: '0123456789abcdef' } as const
    const text = Buffer.from('2.abc:300:0123456789abcdef').toString('hex')
    expect(encode({ ...one, expected }).toString('hex')).toBe(
      fromHex(...PLAIN, '02', '01', '1a', text, ...field, 'c0ffee').toString('hex'),
    )
  })

  test('comes back as it was, whatever it was', () => {
    const author = fc.record({
      actor: fc.string({ unit: 'grapheme' }),
      session: fc.string({ unit: 'grapheme' }),
      clients: fc.array(fc.maxSafeNat()),
    })
    const position = fc.record({
      epoch: fc.constantFrom('0.abc', '3.', '999999.zzzzzzzzzzzz'),
      offset: fc.integer({ min: 0, max: 1e14 }),
      check: fc.constantFrom('0123456789abcdef', 'ffffffffffffffff'),
    })
    const any = fc.record(
      {
        id: fc.string({ unit: 'grapheme' }),
        authors: fc.array(author),
        origin: fc.constantFrom<Origin>('session', 'local', 'heal'),
        time: fc.maxSafeNat(),
        update: fc.uint8Array(),
        expected: position,
        emptied: fc.uint8Array(),
      },
      { requiredKeys: ['id', 'authors', 'origin', 'time', 'update'] },
    )
    fc.assert(
      fc.property(any, (one) => {
        const given = one as unknown as NewEntry
        expect(readContent(encode(given))).toEqual(contentOf(given))
      }),
    )
  })

  test('has time 0 when the clock tells nothing that a time could be', () => {
    for (const time of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      expect(readContent(encode(entry('a', { time })))).toMatchObject({ time: 0, id: 'a' })
    }
    expect(readContent(encode(entry('a', { time: 12.9 })))).toMatchObject({ time: 12 })
  })

  test('an update is no `Buffer`: its `slice` copies', () => {
    const content = readContent(encode(entry('a')))
    expect(typeof content === 'string' || Object.getPrototypeOf(content.update)).toBe(
      Uint8Array.prototype,
    )
  })

  test('cut anywhere before its update is damaged', () => {
    const whole = encode(
      entry('a', {
        expected: { epoch: '0.a', offset: 1, check: 'f'.repeat(16) },
        emptied: new Uint8Array(3),
      }),
    )
    const { length } = entry('a').update
    for (let size = 0; size < whole.length - length; size++) {
      expect(readContent(whole.subarray(0, size)), `${size} bytes`).toBe('damaged')
    }
  })

  test('with an unknown field is read without it', () => {
    const bytes = fromHex(...PLAIN, '02', '02 03 6b6579', '07 00', 'c0ffee')
    const plain = readContent(fromHex(...PLAIN, '00', 'c0ffee'))
    expect(readContent(bytes)).toEqual(plain)
  })

  test('with an unknown origin is not understood', () => {
    const [id, , ...rest] = PLAIN
    expect(readContent(fromHex(id, '03', ...rest, '00', 'c0ffee'))).toBe('not-understood')
  })

  test('with counts and lengths beyond its bytes is damaged, and costs nothing', () => {
    for (const bytes of [
      fromHex('ffffffff0f', '00'), // an id of 4 GB
      fromHex('00 00 00', 'ffffffffffff0f', '00'), // 2^49 authors
      fromHex('00 00 00', '01 00 00', 'ffffffffffff0f', '00'), // an author of 2^49 clients
      fromHex('00 00 00 00', 'ffffff7f', '00 00'), // 2^28 fields
      fromHex('00 00 00 00', '01 01 05', '6e6f706f73'), // an expected position that is none
    ]) {
      expect(readContent(bytes)).toBe('damaged')
    }
  })
})
