import { describe, expect, test } from 'vitest'
import type { Writing } from '../../../client/whiteboard/model/shape.ts'
import type { Measure } from '../../../client/whiteboard/scene/measure.ts'
import { layoutOf } from '../../../client/whiteboard/scene/words.ts'
import { measure, shape } from './drawn.ts'

const SMALL = { colour: 0, size: 0, fill: 0 } // Letters of 18, 9 wide.
const lines = (one: Writing, by: Measure = measure) =>
  layoutOf(one, by).lines.map(({ text }) => text)
const text = (words: string, wrapAt = 0) =>
  shape({ kind: 'text', text: words, size: [wrapAt, 0], look: SMALL }) as Writing
const note = (words: string, side = 200, size = 0) =>
  shape({ kind: 'note', text: words, size: [side, side], look: { ...SMALL, size } }) as Writing

describe('[B21] words', () => {
  test('stay on their line until the text says otherwise, or has a width', () => {
    expect(lines(text('one two\nthree\r\n\nfour'))).toEqual(['one two', 'three', '', 'four'])
    expect(lines(text('one two three', 9 * 8))).toEqual(['one two', 'three'])
    expect(lines(text(''))).toEqual([''])
  })

  test('that were measured to fit do fit', () => {
    const { width } = layoutOf(text('seven words stand here in one line'), measure)
    expect(lines(text('seven words stand here in one line', width))).toHaveLength(1)
  })

  test('keep the spaces in front of and between them, and lose those at a break', () => {
    expect(lines(text('  in  two', 9 * 40))).toEqual(['  in  two'])
    expect(lines(text('ab    cd', 9 * 5))).toEqual(['ab', 'cd'])
  })

  test('too wide for a line break between characters as people see them', () => {
    expect(lines(text('abcdefgh ij', 9 * 3))).toEqual(['abc', 'def', 'gh', 'ij'])
    const family = '👩‍👩‍👧'
    expect(lines(text(family.repeat(4), 2 * measure(family, 18)))).toEqual([
      family.repeat(2),
      family.repeat(2),
    ])
    expect(lines(text('e\u0301'.repeat(4), 9 * 4))).toEqual(['e\u0301e\u0301', 'e\u0301e\u0301'])
    expect(lines(text('漢字かな交じり', 9 * 3))).toEqual(['漢字か', 'な交じ', 'り'])
    expect(lines(text('か\u3099か\u3099', 9 * 2))).toEqual(['か\u3099', 'か\u3099'])
    // Not even one fits.
    expect(lines(text('abc', 1))).toEqual(['a', 'b', 'c'])
  })

  test('stand on baselines below one another, inside of their box', () => {
    const { lines: rows, size, width, height } = layoutOf(text('one\ntwo'), measure)
    expect(size).toBe(18)
    expect([width, height]).toEqual([27, 2 * 1.3 * 18])
    const [first, second] = rows.map(({ y }) => y)
    expect(second! - first!).toBeCloseTo(1.3 * 18)
    expect(first).toBeGreaterThan(0.7 * 18)
    expect(second).toBeLessThan(height)
  })
})

describe('[B22] a note', () => {
  test('shows its words in the middle of the sheet', () => {
    const { lines: rows, size } = layoutOf(note('word'), measure)
    expect(rows).toHaveLength(1)
    expect(rows[0]!.x + measure('word', size) / 2).toBeCloseTo(100)
    expect(rows[0]!.y - 0.35 * size).toBeCloseTo(100)
    expect(size).toBe(18)
  })

  test('shrinks its letters rather than break a word, and until all of them fit', () => {
    const one = layoutOf(note('w'.repeat(10), 200, 2), measure)
    expect(one.lines.map(({ text: row }) => row)).toEqual(['w'.repeat(10)])
    expect(one.size).toBeLessThan(44)
    for (const count of [5, 20, 60, 100]) {
      const { lines: rows, size, height } = layoutOf(note('some word '.repeat(count)), measure)
      expect(rows.length * 1.3 * size).toBeLessThanOrEqual(height)
      expect(
        rows
          .map(({ text: row }) => row)
          .join(' ')
          .split('word'),
      ).toHaveLength(count + 1)
      for (const row of rows) {
        expect(row.x).toBeGreaterThanOrEqual(0)
        expect(row.x + measure(row.text, size)).toBeLessThanOrEqual(200)
      }
    }
  })

  test('that can show only the beginning ends in dots and measures little of the rest', () => {
    let measured = 0
    const counting: Measure = (part, size) => {
      measured += part.length
      return measure(part, size)
    }
    const long = Array.from({ length: 2_500 }, (_, at) => at.toString(36).padStart(3, 'x')).join(
      ' ',
    )
    const one = note(long, 80)
    const { lines: rows, size } = layoutOf(one, counting)
    expect(rows.at(-1)!.text).toMatch(/…$/)
    expect(rows.length * 1.3 * size).toBeLessThanOrEqual(80)
    for (const row of rows) expect(row.x).toBeGreaterThanOrEqual(0)
    expect(measured).toBeLessThan(5_000)
  })

  test('measures each word once, however often it is there and whatever sizes are tried', () => {
    const asked = new Map<string, number>()
    const counting: Measure = (part, size) => {
      asked.set(part, (asked.get(part) ?? 0) + 1)
      return measure(part, size)
    }
    layoutOf(note('to be or not to be '.repeat(30)), counting)
    expect(Math.max(...asked.values())).toBe(1)
  })

  test('narrower than its letters shrinks them', () => {
    const narrow = shape({ kind: 'note', text: 'wide', size: [20, 900], look: SMALL }) as Writing
    const { lines: rows, size } = layoutOf({ ...narrow, look: { ...SMALL, size: 3 } }, measure)
    for (const { text: row, x } of rows) {
      expect(x).toBeGreaterThanOrEqual(0)
      expect(x + measure(row, size)).toBeLessThanOrEqual(20)
    }
  })

  test('too small for any word shows none', () => {
    for (const side of [0, 0.001, 5]) expect(lines(note('words', side))).toEqual([])
  })
})
