import { expect, test } from 'vitest'
import { Reader } from '../../src/crdt/reader.ts'
import { hex } from '../support/hex.ts'
import { uint } from './literals.ts'

test('[C5] nothing reads or skips beyond the bytes', () => {
  const atEnd = () => new Reader(hex('07 00').subarray(0, 0))
  expect(() => atEnd().byte()).toThrow('the bytes end at byte 0')
  expect(() => atEnd().uint()).toThrow('the bytes end at byte 0')
  expect(() => atEnd().skipInt()).toThrow('the bytes end at byte 0')
  expect(() => atEnd().skip(1)).toThrow('the bytes end at byte 0')
  expect(() => new Reader(hex('80')).uint()).toThrow('the bytes end at byte 1')
  expect(() => new Reader(hex('80')).skipInt()).toThrow('the bytes end at byte 1')
  expect(() => new Reader(hex('02 61')).text()).toThrow(
    'a length is beyond the bytes left at byte 0',
  )
  expect(() => new Reader(hex('02 00 00 00')).count(2)).toThrow('a count is beyond the bytes left')
  expect(new Reader(hex('02 00 00 00 00')).count(2)).toBe(2)
})

test('[C4] numbers of every length', () => {
  for (let bits = 0; bits <= 53; bits++) {
    for (const value of [2 ** bits - 1, Math.min(2 ** bits, Number.MAX_SAFE_INTEGER)]) {
      const reader = new Reader(hex(uint(value)))
      expect(reader.uint()).toBe(value)
      reader.end()
    }
  }
})
