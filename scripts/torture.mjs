// Random faults on one node, and the checker at the end:
//
//   npm run torture -- --minutes 10 [--seed 7]
//
// The seed is printed; it replays the choice of the faults, though not the moments at which they hit.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
})
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31))
if (!(Number(values.minutes) > 0) || !Number.isInteger(Number(seed))) {
  console.error('torture: --minutes and --seed are numbers')
  process.exit(2)
}
console.log(`torture: ${values.minutes} minutes, --seed ${seed}`)
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', 'vitest.torture.config.ts'],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
    env: { ...process.env, TORTURE_MINUTES: values.minutes, SEED: seed },
  },
)
process.exitCode = status ?? 1
