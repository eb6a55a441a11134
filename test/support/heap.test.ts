import { expect, test } from 'vitest'
import { growthOf } from './heap.ts'
import { Seeded } from './seeded.ts'

const KB = 1024

/** What a node has in use, as it was measured: it warms up, and moves by 200 KB either way. */
function measured(seed: number, leak: number): number[] {
  const random = new Seeded(seed)
  return Array.from({ length: 90 }, (_, round) => {
    const warm = 26_000 * KB - (1_000 * KB) / (1 + round / 2)
    return warm + random.int(-200, 200) * KB + leak * round
  })
}

test('[C7] 10 KB that each of three faults leaves behind are seen in 90 rounds; what moves alone is none', () => {
  for (let seed = 1; seed <= 200; seed++) {
    expect(growthOf(measured(seed, 0))).toBeLessThan(16 * KB)
    expect(growthOf(measured(seed, 30 * KB))).toBeGreaterThan(16 * KB)
  }
})
