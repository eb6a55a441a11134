import { expect, test } from 'vitest'
import { providerRuns } from '../support/provider-runs.ts'
import { seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()

test(`[U26] whatever breaks, what was promised is there, once, and all agree (seeds from ${seed})`, {
  timeout: 60_000,
}, async () => {
  expect(await providerRuns(seed, 12)).toBeGreaterThan(12)
})
