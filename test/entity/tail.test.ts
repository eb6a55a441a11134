import { expect, test } from 'vitest'
import type { SoundUpdate } from '../../src/crdt/scan.ts'
import { Tail } from '../../src/entity/tail.ts'

/** Bytes that are told apart by their one number: nothing here reads or merges them. */
const some = (number: number) => Uint8Array.of(number) as SoundUpdate

const left = (tail: Tail) => [...tail].map(([seq, update]) => `${seq}: ${update[0]}`)

test('[J8] what a snapshot covers goes up to the first that it does not, or that is nowhere yet', () => {
  const tail = new Tail()
  for (let i = 0; i < 5; i++) tail.push(some(i))
  // The log has them in an order of its own, and the fourth not yet.
  tail.landed(2, 11)
  tail.landed(0, 12)
  tail.landed(1, 10)
  tail.landed(4, 13)
  expect(tail.beyond(11).map(([byte]) => byte)).toEqual([0, 3, 4])
  tail.dropTo(11)
  expect(tail.count).toBe(5)
  tail.dropTo(13)
  expect(left(tail)).toEqual(['3: 3', '4: 4'])
  tail.landed(3, 14)
  tail.dropTo(13)
  expect(left(tail)).toEqual(['3: 3', '4: 4'])
  tail.dropTo(14)
  expect([tail.count, tail.next]).toEqual([0, 5])
})

test('[J8] what lands once it was dropped, or once the content is another, is of no account', () => {
  const tail = new Tail()
  tail.push(some(0))
  tail.clear()
  expect(tail.push(some(1))).toBe(1)
  tail.landed(0, 7)
  tail.dropTo(7)
  expect(left(tail)).toEqual(['1: 1'])
  tail.landed(1, 8)
  tail.dropTo(8)
  tail.push(some(2))
  expect(tail.beyond(8).map(([byte]) => byte)).toEqual([2])
})
