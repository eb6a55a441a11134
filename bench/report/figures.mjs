import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SCENARIOS } from '../scenarios/scenario.mjs'
import { digits } from './table.mjs'

const BEGIN = '<!-- bench-figures -->\n'
const END = '<!-- /bench-figures -->'
export const RESULTS = 'bench/results'

/**
 * A whole run as `save.mjs` leaves it.
 *
 * @typedef {object} Result
 * @property {string} file From the root on.
 * @property {string} scenario
 * @property {string} title
 * @property {string} date
 * @property {ReturnType<typeof import('../measure/machine.mjs').machine>} machine
 * @property {import('./rows.mjs').Row[]} rows
 */

/**
 * The newest result of each scenario, by the date in it; in the order in which they are run.
 *
 * @param {string} root
 * @returns {Result[]}
 */
export function newestResults(root) {
  /** @type {Map<string, Result>} */
  const newest = new Map()
  for (const name of filesIn(join(root, RESULTS))) {
    const result = JSON.parse(readFileSync(join(root, RESULTS, name), 'utf8'))
    const known = newest.get(result.scenario)
    if (known !== undefined && known.date > result.date) continue
    newest.set(result.scenario, { ...result, file: `${RESULTS}/${name}` })
  }
  return SCENARIOS.flatMap(({ name }) => newest.get(name) ?? [])
}

/** @param {string} folder */
function filesIn(folder) {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
  } catch {
    return []
  }
}

/**
 * What was measured for each goal, and the file that says so; nothing when there are no results.
 *
 * @param {readonly Result[]} results
 */
export function figureTable(results) {
  const [first] = results
  if (first === undefined) return ''
  const rows = results.flatMap(({ scenario, title, file, rows: targets }) => {
    const own = targets.find(({ target }) => target === 'tributary')
    return (own?.verdicts ?? []).map(
      ({ figure, goal, value, isReached }, index) =>
        `| ${index === 0 ? title : ''} | ${figure} ${goal} | ${value === null ? '–' : digits(value)}` +
        `${isReached === false ? ' (missed)' : ''} | ${index === 0 ? `[${scenario}](${file})` : ''} |\n`,
    )
  })
  const { cpu, cores, node } = first.machine
  return (
    `Measured by \`npm run bench\` on ${cpu}, ${cores} cores, Node ${node}.\n\n` +
    `| work | goal | measured | file |\n| --- | --- | --- | --- |\n${rows.join('')}`
  )
}

/**
 * `text` with the table made anew between its markers.
 *
 * @param {string} text
 * @param {readonly Result[]} results
 * @throws {Error} When there is a table to show and no place for it.
 */
export function withFigures(text, results) {
  const table = figureTable(results)
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (from < 0 || to < from) {
    if (table === '') return text
    throw new Error(`README.md has no place for the figures: ${BEGIN.trim()} and ${END}`)
  }
  return `${text.slice(0, from + BEGIN.length)}${table}${text.slice(to)}`
}
