import { describe, expect } from 'vitest'
import { killRounds } from '../support/kill-rounds.ts'
import { seedOfRun } from '../support/seeded.ts'
import { ownStageTest } from '../support/stage.ts'

const seed = seedOfRun()

describe('kill -9 under load', () => {
  ownStageTest(
    `[Y7] 20 rounds, 20 clients, 500 updates a second: C1 to C8 hold (seed ${seed})`,
    async (stage) => {
      const load = { clients: 20, entities: 4, updatesPerSecond: 500 }
      const { written, acked, ackedByRound } = await killRounds(stage, {
        ...load,
        rounds: 20,
        seed,
      })
      expect(ackedByRound.every((count, n) => n === 0 || count > (ackedByRound[n - 1] ?? 0))).toBe(
        true,
      )
      expect(acked).toBeGreaterThan(written / 2)
    },
    { timeout: 5 * 60_000 },
  )
})
