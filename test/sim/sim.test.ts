import { expect, test } from 'vitest'
import { runSeeds } from '../support/sim-seeds.ts'

test('[E3] sim', { timeout: 120_000 }, async () => {
  const tally = await runSeeds({ runs: 400 })
  console.log(String(tally))
  expect(tally.runs).toBeGreaterThan(0)
})
