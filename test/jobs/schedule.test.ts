import { expect, test } from 'vitest'
import { isDue } from '../../src/jobs/schedule.ts'

const KB = 1024
const paces = { compactEntries: 500, compactBytes: 256 * KB }

test.each([
  // entries, bytes, whole, due
  [499, 10 * KB, 20 * KB, false],
  [500, 10 * KB, 20 * KB, true],
  [500, 10 * KB, 64 * KB, true],
  [500, 10 * KB, 128 * KB, false],
  [1_000, 20 * KB, 128 * KB, true],
  [3_999, 100 * KB, 20 * KB * KB, false],
  [4_000, 100 * KB, 20 * KB * KB, true],
  [1, 256 * KB, 20 * KB * KB, true],
  [1, 256 * KB - 1, 20 * KB * KB, false],
])('[J16] %i entries of %i bytes in an entity of %i: %s', (entries, bytes, whole, due) => {
  expect(isDue({ entries, bytes, whole }, paces)).toBe(due)
})
