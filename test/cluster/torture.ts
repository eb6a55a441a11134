import { tortureCluster } from '../support/cluster-torture.ts'
import { seedOfRun } from '../support/seeded.ts'
import { ownStageTest } from '../support/stage.ts'

// Run by `npm run torture`, which sets these.
const { TORTURE_MINUTES, TORTURE_NODES, TORTURE_EVERY, TORTURE_ONLY } = process.env
const minutes = Number(TORTURE_MINUTES ?? 1)
/** What leaks a few KB takes long to be told from what moves: minutes more, for those who have them. */
const drill = minutes >= 5 ? 90 : undefined
const nodes = Number(TORTURE_NODES ?? 3)
const seed = seedOfRun()

ownStageTest(
  `[L54] ${minutes} minutes of random faults on ${nodes} nodes: C1 to C8 (seed ${seed})`,
  (stage) =>
    tortureCluster(stage, {
      nodes,
      minutes,
      seed,
      everyMs: Number(TORTURE_EVERY ?? 10) * 1_000,
      tell: console.log,
      ...(drill !== undefined && { drill }),
      ...(TORTURE_ONLY !== undefined && { only: TORTURE_ONLY.split(',') }),
    }),
  { timeout: minutes * 60_000 + 15 * 60_000 },
)
