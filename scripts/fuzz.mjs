// Fuzzes checker and dialect, both at once, on what was built:
//
//   npm run fuzz -- --minutes 10 --seed 7
//
// It ends with something else than 0 when it has found something; the seed it prints finds it again.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** For building, converging and restarting, beside the fuzzing itself. */
const MORE_MINUTES = 5

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
})
const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run fuzz -- [--minutes n] [--seed n]')
  process.exit(2)
}
console.log(`fuzz: ${minutes} minutes, seed ${seed}`)

const root = new URL('..', import.meta.url)
const vitest = fileURLToPath(new URL('node_modules/vitest/vitest.mjs', root))
const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.fuzz.config.ts'], {
  cwd: fileURLToPath(root),
  env: { ...process.env, SEED: String(seed), FUZZ_MINUTES: String(minutes) },
  stdio: 'inherit',
  // A group of its own: what hangs in a loop does not end when its parent is told to.
  detached: true,
})
const end = (/** @type {NodeJS.Signals} */ signal) => {
  if (child.pid !== undefined) process.kill(-child.pid, signal)
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => end(signal))
}
const wedged = setTimeout(
  () => {
    console.error(`fuzz: still not done: something is wedged (seed ${seed})`)
    end('SIGKILL')
  },
  (minutes + MORE_MINUTES) * 60_000,
)
child.on('exit', (code) => {
  clearTimeout(wedged)
  process.exitCode = code ?? 1
  if (process.exitCode !== 0) console.error(`fuzz: found something: --seed ${seed}`)
})
