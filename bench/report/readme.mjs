// Writes the figures of the newest results into README.md:
//
//   npm run bench:readme                   of those that are there
//   npm run bench:readme -- --run          of a whole run that is made first, as by `npm run bench`
//   npm run bench:readme -- --run latency  of one scenario that is run first

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { newestResults, withFigures } from './figures.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const README = new URL('../../README.md', import.meta.url)

const [first, ...rest] = process.argv.slice(2)
if (first === '--run') {
  const run = fileURLToPath(new URL('../run.mjs', import.meta.url))
  const { status } = spawnSync(process.execPath, [run, ...rest], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
} else if (first !== undefined) {
  console.error('usage: npm run bench:readme -- [--run [scenario…]]')
  process.exit(2)
}

const before = readFileSync(README, 'utf8')
const after = withFigures(before, newestResults(ROOT))
if (after !== before) writeFileSync(README, after)
console.log(after === before ? 'README.md is up to date' : 'README.md is written')
