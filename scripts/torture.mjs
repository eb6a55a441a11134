// Random faults, and the checker after each and at the end:
//
//   npm run torture -- [--minutes 10] [--nodes 3] [--seed 7] [--every 10] [--only flush,killNode]
//
// On several nodes and a real Redis; with --nodes 1 on one node with a folder, where the disk fails
// too. A fault comes every so many seconds, or as soon as the one before is over. --only picks the
// faults of several nodes by name (test/support/cluster-torture.ts).
//
// The seed is printed; it replays the choice of the faults, though not the moments at which they hit.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    nodes: { type: 'string', default: '3' },
    every: { type: 'string', default: '10' },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
})
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31))
const areWhole = [values.nodes, seed].every((text) => Number.isInteger(Number(text)))
if (!(Number(values.minutes) > 0) || !(Number(values.every) >= 0) || !areWhole) {
  console.error('torture: --minutes, --nodes, --every and --seed are numbers')
  process.exit(2)
}
console.log(`torture: ${values.minutes} minutes, --nodes ${values.nodes} --seed ${seed}`)
const file = values.nodes === '1' ? 'test/faults/torture.ts' : 'test/cluster/torture.ts'
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', 'vitest.torture.config.ts', file],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
    env: {
      ...process.env,
      TORTURE_MINUTES: values.minutes,
      TORTURE_NODES: values.nodes,
      TORTURE_EVERY: values.every,
      ...(values.only !== undefined && { TORTURE_ONLY: values.only }),
      SEED: seed,
    },
  },
)
process.exitCode = status ?? 1
