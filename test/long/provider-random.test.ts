import { expect, test } from 'vitest'
import { providerRuns } from '../support/provider-runs.ts'
import { seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()
const RUNS = Number(process.env.PROVIDER_RUNS ?? 150)

test(`[U26] ${RUNS} random lives of tabs and links end well (seeds from ${seed})`, async () => {
  expect(await providerRuns(seed, RUNS)).toBeGreaterThan(RUNS)
})
