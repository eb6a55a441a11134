import { describe } from 'vitest'
import { tortureCluster } from '../support/cluster-torture.ts'
import { seedOfRun } from '../support/seeded.ts'
import { ownStageTest } from '../support/stage.ts'

const seed = seedOfRun()

describe('a cluster', () => {
  ownStageTest(
    `[L54] a minute of random faults on three nodes: C1 to C8 (seed ${seed}; more by npm run torture)`,
    (stage) => tortureCluster(stage, { nodes: 3, minutes: 1, seed, everyMs: 1_000 }),
    { timeout: 5 * 60_000 },
  )
})
