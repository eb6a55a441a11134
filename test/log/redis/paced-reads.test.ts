import { beforeEach, describe, expect, test } from 'vitest'
import type { RedisFeed } from '../../../src/log/redis/feed.ts'
import { PacedReads } from '../../../src/log/redis/paced-reads.ts'
import { ManualClock } from '../../support/manual-clock.ts'

describe('[L69] reads that an audit calls for', () => {
  let clock: ManualClock
  let isThere: boolean
  let reads: PacedReads
  let begun: number
  beforeEach(() => {
    clock = new ManualClock()
    isThere = true
    begun = 0
    reads = new PacedReads(clock, () => isThere)
  })
  const feed = (catchUp: () => void = () => begun++) => ({ catchUp }) as unknown as RedisFeed
  /** How many have begun, at once and after each of some times. */
  const counts = (...times: readonly number[]) => [
    begun,
    ...times.map((ms) => {
      clock.advance(ms)
      return begun
    }),
  ]

  test('begin 200 at a time', () => {
    for (let i = 0; i < 450; i++) reads.add(feed())
    // The first is alone: nobody knows yet how many come.
    expect(counts(20, 19, 1, 20)).toEqual([1, 201, 201, 401, 450])
    clock.advance(20)
    expect(clock.pending).toBe(0)
  })

  test('begin once for each who is named twice', () => {
    const [first, twice] = [feed(), feed()]
    for (const one of [first, twice, twice]) reads.add(one)
    expect(counts(20)).toEqual([1, 2])
  })

  test('are tried again after a second, at the same pace, for as long as they fail', () => {
    let fails = 3
    const failing = feed(() => {
      begun++
      if (fails-- > 0) reads.failed(failing)
    })
    reads.add(failing)
    expect(counts(999, 1, 1_000, 1_000, 1_000)).toEqual([1, 1, 2, 3, 4, 4])
    for (let i = 0; i < 300; i++) reads.failed(feed())
    expect(counts(1_000, 20)).toEqual([4, 204, 304])
  })

  test('wait for a Redis that cannot be reached', () => {
    isThere = false
    for (let i = 0; i < 3; i++) reads.add(feed())
    expect(counts(1_000)).toEqual([0, 0])
    isThere = true
    expect(counts(1_000)).toEqual([0, 3])
  })

  test('are forgotten when it is closed', () => {
    for (let i = 0; i < 3; i++) reads.add(feed())
    reads.failed(feed())
    reads.close()
    reads.add(feed())
    reads.failed(feed())
    expect(counts(10_000)).toEqual([1, 1])
    expect(clock.pending).toBe(0)
  })
})
