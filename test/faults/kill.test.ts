import { describe, expect } from 'vitest'
import { killRounds } from '../support/kill-rounds.ts'
import { seedOfRun } from '../support/seeded.ts'
import { ownStageTest } from '../support/stage.ts'

const seed = seedOfRun()
const load = { clients: 20, entities: 4, updatesPerSecond: 500, seed }

describe('kill -9 under load', () => {
  ownStageTest(
    `[Y7] 20 rounds, 20 clients, 500 updates a second: C1 to C8 hold (seed ${seed})`,
    async (stage) => {
      const { written, acked } = await killRounds(stage, { ...load, rounds: 20 })
      // Removals are acknowledged as well: with nearly all of both, that is more than was written.
      expect(acked).toBeGreaterThan(written)
      expect(written).toBeGreaterThan(2_000)
    },
    { timeout: 10 * 60_000 },
  )

  ownStageTest(
    `[Y7] 10 rounds while everything is compacted all the time (seed ${seed})`,
    async (stage) => {
      const flags = ['--pace-compact-entries', '10']
      const { acked, compactions } = await killRounds(stage, {
        ...load,
        rounds: 10,
        flags,
        compactions: 3,
      })
      expect(acked).toBeGreaterThan(1_000)
      expect(compactions).toBeGreaterThan(20)
    },
    { timeout: 10 * 60_000 },
  )
})
