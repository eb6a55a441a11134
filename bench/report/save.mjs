import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tableOf } from './table.mjs'

const PEERS = fileURLToPath(new URL('../package.json', import.meta.url))

/**
 * Everything a run came to as JSON, and its table beside it. Runs of a part only, or shorter ones,
 * go to `.tmp`: they must not take the place of a whole one of the same day.
 *
 * @param {string} root
 * @param {object} result
 * @param {import('../scenarios/scenario.mjs').Scenario} result.scenario
 * @param {Map<string, import('../rounds/round.mjs').Sample[]>} result.samples
 * @param {import('./rows.mjs').Row[]} result.rows
 * @param {ReturnType<typeof import('../measure/machine.mjs').machine>} result.machine
 * @param {{ seconds: number | null, rounds: number }} result.options
 * @param {boolean} result.isFull
 * @returns {string} Where, from `root` on.
 */
export function saveResult(root, { scenario, samples, rows, machine, options, isFull }) {
  const folder = join(root, isFull ? 'bench/results' : '.tmp/bench/results')
  mkdirSync(folder, { recursive: true })
  const date = new Date().toISOString()
  const name = `${date.slice(0, 10)}-${scenario.name}`
  const json = {
    scenario: scenario.name,
    title: scenario.title,
    shape: scenario.shape,
    date,
    machine,
    seconds: options.seconds ?? scenario.seconds,
    peers: JSON.parse(readFileSync(PEERS, 'utf8')).dependencies,
    rows,
    samples: Object.fromEntries(samples),
  }
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(json, null, 2)}\n`)
  writeFileSync(join(folder, `${name}.md`), tableOf(scenario, rows, machine))
  return relative(root, join(folder, `${name}.json`))
}
