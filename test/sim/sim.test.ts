import { expect, test } from 'vitest'
import type { CountName } from '../support/sim-counts.ts'
import { runSeeds } from '../support/sim-seeds.ts'

/** In what share of runs each thing happens at least: a simulation that has gone silent is noticed. */
const LEAST: Partial<Record<CountName, number>> = {
  unclosed: 0.4,
  questions: 0.1,
  repeated: 0.9,
  neutered: 0.02,
  conflations: 0.25,
  catchUps: 0.2,
  compactedAway: 0.2,
  compactions: 0.9,
  cuts: 0.3,
  kills: 0.1,
  drains: 0.1,
  unloads: 0.01,
  storeFailures: 0.3,
  siblingMessages: 0.5,
  acknowledged: 0.9,
  departures: 0.9,
}

test('[E3] [E4] [E5] [E6] [S1] [S4] whatever happens, every copy ends as the oracle, without a reconnect', {
  timeout: 300_000,
}, async () => {
  const tally = await runSeeds({ runs: 120 })
  console.log(String(tally))
  if (tally.runs < 100) return
  for (const [name, least] of Object.entries(LEAST)) {
    expect(tally.share(name as CountName), name).toBeGreaterThan(least)
  }
})
