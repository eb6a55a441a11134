import { expect, test } from 'vitest'
import { runSeeds } from '../support/sim-seeds.ts'

test('[E3] [E4] [E5] [E6] [S1] [S4] the same for two minutes, of seeds that no other test has', async () => {
  const tally = await runSeeds({ first: 100_001, runs: 1_500, forMs: 120_000 })
  console.log(String(tally))
  expect(tally.runs).toBeGreaterThan(0)
})
