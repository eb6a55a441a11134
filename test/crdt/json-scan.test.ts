import { describe, expect, test } from 'vitest'
import { isJsonNull, scanJson } from '../../src/crdt/json-scan.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

const utf8 = new TextEncoder()
const scan = (json: string, depth = 256) => {
  const bytes = utf8.encode(json)
  return scanJson(bytes, 0, bytes.length, depth)
}

/** Whether `JSON.parse` takes it, and every number in it for one. */
function parses(json: string): boolean {
  let areFinite = true
  try {
    JSON.parse(json, (_key, value) => {
      if (typeof value === 'number') areFinite &&= Number.isFinite(value)
      return value
    })
    return areFinite
  } catch {
    return false
  }
}

const good = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '10',
  '-1.5',
  '1e5',
  '1E+5',
  '0.0e-0',
  '1e308',
  '-1e-999',
  '0.00e999',
  '-0E+999',
  `1e-${'9'.repeat(400)}`,
  `0.${'0'.repeat(400)}1e401`,
  `${'9'.repeat(400)}e-92`,
  '9'.repeat(308),
  '""',
  '"a"',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00aF\\ud800"',
  '"é🙂\u2028\u007f"',
  '[]',
  '[ ]',
  '{}',
  '{ }',
  '[1]',
  '[1,2]',
  '{"a":1}',
  '{"a":{"a":[]},"a":""}',
  ' \t\n\r{ "a" : [ 1 , { } ] } ',
  '{"":0}',
]
const bad = [
  '',
  ' ',
  'nul',
  'nulll',
  'Null',
  'true false',
  '+1',
  '01',
  '-',
  '-a',
  '1.',
  '.5',
  '1e',
  '1e+',
  '00',
  '0x1',
  'NaN',
  'Infinity',
  'undefined',
  "'a'",
  '"',
  '"\\',
  '"\\"',
  '"\\a"',
  '"\\u00g0"',
  '"\\u12"',
  '"\n"',
  '"\u0000"',
  '"a',
  '[',
  ']',
  '[1',
  '[1,]',
  '[,1]',
  '[1 2]',
  '{',
  '}',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{,}',
  '{a:1}',
  '{1:1}',
  '{"a" 1}',
  '{"a":1 "b":2}',
  '[}',
  '{]',
  '\ufeff1',
  '1\u00a0',
  '/* */1',
  '1,',
  '--1',
  '1.5.5',
  '1e5e5',
  '1e309',
  '[-1E+999]',
  `1e${'9'.repeat(400)}`,
  '9'.repeat(309),
  `${'9'.repeat(310)}.5`,
]

describe('the JSON scanner', () => {
  test.each(good)('[C15] takes %j', (json) => {
    expect(parses(json)).toBe(true)
    expect(scan(json)).toBeNull()
  })

  test.each(bad)('[C15] refuses %j', (json) => {
    expect(parses(json)).toBe(false)
    expect(scan(json)).toBe('json')
  })

  test('[C15] bytes that are not UTF-8 are no JSON, in or out of a string', () => {
    for (const byte of [0x80, 0xc0, 0xff]) {
      expect(scanJson(Uint8Array.of(0x22, byte, 0x22), 0, 3, 9)).toBe('json')
      expect(scanJson(Uint8Array.of(0x31, byte), 0, 2, 9)).toBe('json')
    }
  })

  test('[C15] counts brackets, not values', () => {
    expect(scan('1', 0)).toBeNull()
    expect(scan('[]', 0)).toBe('depth')
    expect(scan('{}', 0)).toBe('depth')
    expect(scan('[[],{},[]]', 2)).toBeNull()
    expect(scan('[[],{"a":{"b":[]}}]', 3)).toBe('depth')
    expect(scan('[[],{"a":{"b":[]}}]', 4)).toBeNull()
    expect(scan('["[[[[["]', 1)).toBeNull()
  })

  test('[C15] a million brackets take no stack', () => {
    expect(scan('['.repeat(1_000_000), 256)).toBe('depth')
    expect(scan('{"a":'.repeat(1_000_000), 256)).toBe('depth')
  })

  test('[C15] reads its range alone', () => {
    const bytes = utf8.encode('[[1]]')
    expect(scanJson(bytes, 1, 4, 1)).toBeNull()
    expect(scanJson(bytes, 0, 4, 9)).toBe('json')
    expect(scanJson(bytes, 2, 3, 0)).toBeNull()
    expect(scanJson(bytes, 2, 2, 0)).toBe('json')
    expect(scanJson(utf8.encode('"\\u00'), 0, 5, 0)).toBe('json')
    expect(scanJson(utf8.encode('"\\u0041"'), 0, 5, 0)).toBe('json')
  })

  test('tells the word null', () => {
    const isNull = (json: string) => isJsonNull(utf8.encode(json), 0, json.length)
    expect(['null', ' null ', '\n\tnull'].map(isNull)).toEqual([true, true, true])
    expect(['"null"', '[null]', '0', '{}', 'true'].map(isNull)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ])
  })

  test('[C15] knows to the digit what a double holds, however it is written', () => {
    const least = 2n ** 1024n - 2n ** 970n
    for (const [digits, fits] of [
      [String(least - 1n), true],
      [String(least), false],
      [String(least + 1n), false],
      ['17976931348623158', true],
      ['17976931348623159', false],
    ] as const) {
      const power = 309 - digits.length
      for (const json of [
        `${digits}e${power}`,
        `-${digits}.0000E+${power}`,
        `0.${digits}e309`,
        `0.000${digits}000e0312`,
        `${digits[0]}.${digits.slice(1)}e308`,
        `${digits}${'0'.repeat(700)}e${power - 700}`,
      ]) {
        expect(parses(json), json).toBe(fits)
        expect(scan(json) === null, json).toBe(fits)
      }
    }
  })

  test('[C15] agrees with JSON.parse on numbers about as large as a double can be', () => {
    const seed = seedOfRun()
    const random = new Seeded(seed)
    const largest = String(2n ** 1024n - 2n ** 970n)
    let taken = 0
    for (let i = 0; i < 5_000; i++) {
      const zeros = '0'.repeat(random.int(0, 3))
      const digits = largest.slice(0, random.int(1, 20)) + random.int(0, 9_999)
      const point = random.int(0, digits.length - 1)
      const mantissa =
        point === 0
          ? `0.${zeros}${digits}`
          : `${digits.slice(0, point)}.${digits.slice(point)}${zeros}`
      const power = 309 + (point === 0 ? zeros.length : -point) + random.int(-1, 1)
      const json = `${mantissa}${random.pick(['e', 'E+', 'e00'])}${power}`
      if (parses(json)) taken++
      expect(scan(json) === null, `SEED=${seed} ${i}: ${json}`).toBe(parses(json))
    }
    expect(taken / 5_000).toBeGreaterThan(0.3)
    expect(taken / 5_000).toBeLessThan(0.9)
  })

  test('[C15] agrees with JSON.parse on mutants of real texts', () => {
    const seed = seedOfRun()
    const random = new Seeded(seed)
    const pieces = [
      ...'{}[]",:\\u019-+.eE tfn\n\u0001é',
      'null',
      'true',
      '"a"',
      '1.5',
      '\\n',
      '"k":',
    ]
    let taken = 0
    for (let i = 0; i < 20_000; i++) {
      const json = [...random.pick(good)]
      for (let edits = random.int(0, 2); edits > 0; edits--) {
        json.splice(random.int(0, json.length), random.int(0, 1), random.pick(pieces))
      }
      const text = json.join('')
      // A lone surrogate has no UTF-8, so what is scanned is another text.
      const bytes = utf8.encode(text)
      const expected = parses(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
      if (expected) taken++
      expect(scanJson(bytes, 0, bytes.length, 256) === null, `SEED=${seed} ${i}: ${text}`).toBe(
        expected,
      )
    }
    expect(taken / 20_000).toBeGreaterThan(0.1)
  })
})
