import { expect, test } from 'vitest'
import { utf16Units } from '../../src/crdt/utf8.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

/** What a decoder of the platform says: the length of the text, or −1. */
function oracle(bytes: Uint8Array): number {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).length
  } catch {
    return -1
  }
}

const units = (bytes: Uint8Array) => utf16Units(bytes, 0, bytes.length)

test('[C14] all sequences of one and two bytes, and of three after each lead byte', () => {
  for (let first = 0; first < 256; first++) {
    expect(units(Uint8Array.of(first))).toBe(oracle(Uint8Array.of(first)))
    for (let second = 0; second < 256; second++) {
      const two = Uint8Array.of(first, second)
      if (units(two) !== oracle(two)) throw new Error(`${two}: ${units(two)}`)
      if (first < 0xe0) continue
      for (const tail of [
        [0x7f],
        [0x80],
        [0xbf],
        [0xc0],
        [0x80, 0x80],
        [0xbf, 0xbf],
        [0x80, 0x7f],
        [0xbf, 0xc0],
      ]) {
        const bytes = Uint8Array.of(first, second, ...tail)
        if (units(bytes) !== oracle(bytes)) throw new Error(`${bytes}: ${units(bytes)}`)
      }
    }
  }
})

test('[C14] random texts with random damage', () => {
  const seed = seedOfRun()
  const random = new Seeded(seed)
  const encoder = new TextEncoder()
  for (let i = 0; i < 5_000; i++) {
    const text = Array.from({ length: random.int(0, 12) }, () =>
      String.fromCodePoint(
        random.pick([random.int(0, 0x7f), random.int(0, 0xd7ff), random.int(0xe000, 0x10ffff)]),
      ),
    ).join('')
    const bytes = encoder.encode(text)
    expect(units(bytes), `SEED=${seed} ${i}`).toBe(text.length)
    if (bytes.length > 0) bytes[random.int(0, bytes.length - 1)] = random.int(0, 255)
    expect(units(bytes), `SEED=${seed} ${i}: ${bytes}`).toBe(oracle(bytes))
  }
})

test('[C14] reads its range alone', () => {
  const bytes = new TextEncoder().encode('aé🙂b')
  expect(utf16Units(bytes, 1, 3)).toBe(1)
  expect(utf16Units(bytes, 1, 2)).toBe(-1)
  expect(utf16Units(bytes, 3, 6)).toBe(-1)
  expect(utf16Units(bytes, 3, 7)).toBe(2)
  expect(utf16Units(bytes, 2, 2)).toBe(0)
})
