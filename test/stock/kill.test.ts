import { describe, expect } from 'vitest'
import { killRounds } from '../support/kill-rounds.ts'
import { seedOfRun } from '../support/seeded.ts'
import { ownStageTest } from '../support/stage.ts'

const seed = seedOfRun()

describe('kill -9 under load', () => {
  ownStageTest(
    `[Y7] two rounds: what was acknowledged is there (seed ${seed}; 20 in the fault tests)`,
    async (stage) => {
      const load = { clients: 10, entities: 3, updatesPerSecond: 300 }
      const flags = ['--pace-compact-entries', '10']
      const { acked, compactions } = await killRounds(stage, { ...load, rounds: 2, seed, flags })
      expect(acked).toBeGreaterThan(100)
      expect(compactions).toBeGreaterThan(0)
    },
    { timeout: 60_000 },
  )
})
