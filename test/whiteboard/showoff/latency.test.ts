import { describe, expect, test } from 'vitest'
import { Latency } from '../../../client/whiteboard/showoff/latency.ts'

describe('[B86] the latency of what bots send', () => {
  test('counts from sent to seen, whichever is told first', () => {
    const latency = new Latency()
    expect(latency.quantile(0.5)).toBe(null)
    latency.sent('a', 6, 100)
    latency.seen('a', 6, 107)
    expect(latency.quantile(0.5)).toBe(7)
    latency.clear()
    latency.seen('b', 6, 207)
    latency.sent('b', 6, 200)
    expect(latency.quantile(0.5)).toBe(7)
  })

  test('a message that brings two chunks at once answers for both, and each counts once', () => {
    const latency = new Latency()
    latency.sent('a', 6, 0)
    latency.sent('a', 12, 50)
    latency.seen('a', 12, 60)
    latency.seen('a', 12, 600)
    expect(latency.quantile(0)).toBe(10)
    expect(latency.quantile(0.99)).toBe(60)
    latency.sent('a', 18, 100)
    latency.seen('a', 17, 150)
    latency.seen('a', 18, 101)
    expect(latency.quantile(0)).toBe(1)
  })

  test('one that was told late is measured by the first sight of its points', () => {
    const latency = new Latency()
    latency.seen('a', 6, 10)
    latency.seen('a', 12, 70)
    latency.seen('a', 18, 900)
    latency.sent('a', 12, 50)
    expect(latency.quantile(0.99)).toBe(20)
  })

  test('old samples make room, and what never arrives is forgotten', () => {
    const latency = new Latency()
    for (let n = 0; n < 5_000; n += 1) {
      latency.sent(`a${n}`, 1, 0)
      latency.seen(`a${n}`, 1, n < 1_000 ? 1_000 : 5)
    }
    expect(latency.quantile(0.99)).toBe(1_000)
    for (let n = 0; n < 4_096; n += 1) {
      latency.sent(`b${n}`, 1, 0)
      latency.seen(`b${n}`, 1, 5)
    }
    expect(latency.quantile(0.99)).toBe(5)
    for (let n = 0; n < 3_000; n += 1) latency.sent(`c${n}`, 1, 0)
    latency.seen('c0', 1, 1_000)
    expect(latency.quantile(1)).toBe(5)
    latency.seen('c2999', 1, 1_000)
    expect(latency.quantile(1)).toBe(1_000)
  })
})
