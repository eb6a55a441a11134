import { expect, test } from 'vitest'
import { type Tickable, Ticker } from '../../src/entity/ticker.ts'
import { ManualClock } from '../support/manual-clock.ts'

const PACE = { tick: 16, tickMax: 250 }

class Gatherer implements Tickable {
  tickedAt = Number.NEGATIVE_INFINITY
  flushedAt: number[] = []
  members = 2
  readonly #clock: ManualClock
  /** What a flush costs, in ms. */
  cost = 0

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  flush() {
    this.flushedAt.push(this.#clock.now)
    this.#clock.now += this.cost
  }
}

test('[E1] a quiet entity is flushed at once, a busy one once per tick', () => {
  const clock = new ManualClock()
  const ticker = new Ticker(clock, PACE)
  const busy = new Gatherer(clock)
  const start = clock.now
  for (let ms = 0; ms < 160; ms++) {
    ticker.request(busy)
    clock.advance(1)
  }
  expect(busy.flushedAt[0]).toBe(start)
  expect(busy.flushedAt.length).toBeGreaterThanOrEqual(10)
  expect(busy.flushedAt.length).toBeLessThanOrEqual(11)
  clock.advance(100)
  const quietSince = clock.now
  ticker.request(busy)
  clock.advance(0)
  expect(busy.flushedAt.at(-1)).toBe(quietSince)
  ticker.close()
})

test('[E1] quiet entities that come one after the other are flushed together, every half tick', () => {
  const clock = new ManualClock()
  const ticker = new Ticker(clock, PACE)
  const start = clock.now
  const all = Array.from({ length: 20 }, () => new Gatherer(clock))
  for (const quiet of all) {
    ticker.request(quiet)
    clock.advance(1)
  }
  const rounds = new Set(all.flatMap(({ flushedAt }) => flushedAt))
  expect([...rounds]).toEqual([start, start + 8, start + 16])
  ticker.close()
})

test('[E1] under pressure the tick stretches, at most to its maximum, and shrinks again', () => {
  const clock = new ManualClock()
  const ticker = new Ticker(clock, PACE)
  const slow = new Gatherer(clock)
  slow.cost = 60
  for (let i = 0; i < 20; i++) {
    ticker.request(slow)
    clock.advance(60)
  }
  expect(ticker.period).toBeGreaterThanOrEqual(100)
  slow.cost = 1_000
  for (let i = 0; i < 20; i++) {
    ticker.request(slow)
    clock.advance(100)
  }
  expect(ticker.period).toBe(250)
  slow.cost = 0
  for (let i = 0; i < 20; i++) {
    ticker.request(slow)
    clock.advance(100)
  }
  expect(ticker.period).toBe(16)
  ticker.close()
})

test('[E1] one with many readers is flushed less often, and holds up no other', () => {
  const clock = new ManualClock()
  const ticker = new Ticker(clock, PACE)
  const [small, large, huge] = [1, 300, 50_000].map((readers) => {
    const gatherer = new Gatherer(clock)
    gatherer.members = readers
    return gatherer
  }) as [Gatherer, Gatherer, Gatherer]
  for (let ms = 0; ms < 1_000; ms++) {
    for (const gatherer of [huge, large, small]) ticker.request(gatherer)
    clock.advance(1)
  }
  expect(gaps(small).least).toBe(16)
  expect(gaps(small).most).toBeLessThanOrEqual(20)
  expect(gaps(large).least).toBe(45)
  expect(gaps(large).most).toBeLessThanOrEqual(49)
  expect(gaps(huge).least).toBe(250)
  expect(gaps(huge).most).toBeLessThanOrEqual(254)
  ticker.close()
})

function gaps({ flushedAt }: Gatherer): { least: number; most: number } {
  const all = flushedAt.slice(1).map((at, n) => at - (flushedAt[n] as number))
  return { least: Math.min(...all), most: Math.max(...all) }
}

test('[E1] one that is forgotten, or whose ticker is closed, is not flushed', () => {
  const clock = new ManualClock()
  const ticker = new Ticker(clock, PACE)
  const [gone, kept] = [new Gatherer(clock), new Gatherer(clock)]
  ticker.request(gone)
  ticker.request(kept)
  ticker.forget(gone)
  clock.advance(20)
  expect([gone.flushedAt.length, kept.flushedAt.length]).toEqual([0, 1])
  ticker.request(kept)
  ticker.request(gone)
  ticker.close()
  clock.advance(1_000)
  expect([gone.flushedAt.length, kept.flushedAt.length]).toEqual([0, 1])
  expect(clock.pending).toBe(0)
})
