import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SCENARIOS } from '../scenarios/scenario.mjs'
import { digits } from './table.mjs'

const BEGIN = '<!-- bench-figures -->\n'
const END = '<!-- /bench-figures -->'
const RESULTS = 'bench/results'

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

/** In the tables' columns. */
const PEERS = ['floor', 'y-websocket', 'hocuspocus']
const OWN = 'tributary'

/**
 * Beside the peers, where they were measured too; then what was measured of Tributary alone. Every
 * line names its file. Nothing when there are no results.
 *
 * @param {readonly Result[]} results
 */
export function figureTable(results) {
  const [first] = results
  if (first === undefined) return ''
  const { cpu, cores, node } = first.machine
  const isAlone = (/** @type {Result} */ { rows }) => rows.length === 1
  const beside = results.filter((result) => !isAlone(result)).flatMap(besideLines)
  const alone = results.filter(isAlone).flatMap(aloneLines)
  return [
    `Measured by \`npm run bench\` on ${cpu}, ${cores} cores, Node ${node}: the server on one core, the load on the other.${
      results.some(isWeak) ? ` ${WEAK}: measured once only, or disturbed, as its file says.` : ''
    }`,
    ...section(['work', 'figure', ...PEERS, OWN, 'goal', 'file'], beside),
    ...section(['work', 'figure', OWN, 'goal', 'file'], alone),
  ].join('\n')
}

/** @param {readonly string[]} heads @param {readonly string[]} lines */
function section(heads, lines) {
  if (lines.length === 0) return []
  return ['', `| ${heads.join(' | ')} |`, `|${' --- |'.repeat(heads.length)}`, ...lines, '']
}

/** A line per figure that has a goal, and one for what latency it costs. @param {Result} result */
function besideLines(result) {
  const figures = figuresOf(result).filter(
    ({ key, goals }) => goals.length > 0 || (key === 'p99' && isMeasured(result, key)),
  )
  return figures.map(({ key, label, unit }, index) => {
    const values = [...PEERS, OWN].map((name) => {
      const median = rowOf(result, name)?.figures[key]?.median
      return typeof median === 'number' ? digits(median) : '–'
    })
    const said = labelOf(result, label)
    return line(result, index, [`${said}${unit === '' ? '' : `, ${unit}`}`, ...values], label)
  })
}

/** A line per figure that has a goal, and per one that is shown without. @param {Result} result */
function aloneLines(result) {
  const shown = scenarioOf(result)?.readmeFigures ?? []
  const further = figuresOf(result).filter(({ key }) => shown.includes(key))
  /** @type {[string, string][]} */
  const lines = [
    ...further.map(({ key, label, unit }) => shownAs(result, key, label, unit)),
    ...goalLines(result),
  ]
  return lines.map(([label, value], index) =>
    line(result, index, [labelOf(result, label), value], label),
  )
}

/** @param {Result} result @param {string} key @param {string} label @param {string} unit @returns {[string, string]} */
function shownAs(result, key, label, unit) {
  const median = rowOf(result, OWN)?.figures[key]?.median
  return [label, typeof median === 'number' ? `${digits(median)} ${unit}`.trim() : '–']
}

/** @param {Result} result @returns {[string, string][]} */
function goalLines(result) {
  /** @type {Map<string, import('./rows.mjs').Verdict>} */
  const byLabel = new Map(rowOf(result, OWN)?.verdicts.map((verdict) => [verdict.figure, verdict]))
  return Array.from(byLabel, ([label, { value, goal }]) => {
    const unit = goal.split(' ').slice(2).join(' ')
    return [label, value === null ? '–' : `${digits(value)} ${unit}`.trim()]
  })
}

/**
 * @param {Result} result
 * @param {number} index Of the line among those of the result: the first says what it is about.
 * @param {readonly string[]} cells
 * @param {string} label
 */
function line(result, index, cells, label) {
  const { title, scenario, file } = result
  const verdicts = rowOf(result, OWN)?.verdicts.filter(({ figure }) => figure === label) ?? []
  const goals = verdicts.map(({ goal, value, isReached }) => {
    const measured = /× \w/.test(goal) && value !== null ? `${digits(value)} ×` : ''
    const missed = isReached === false ? 'missed' : ''
    const note = [measured, missed].filter((text) => text !== '').join(', ')
    return note === '' ? goal : `${goal} (${note})`
  })
  const all = [
    index === 0 ? title : '',
    ...cells,
    goals.join('; '),
    index === 0 ? `[${scenario}](${file})${isWeak(result) ? ` ${WEAK}` : ''}` : '',
  ]
  return `| ${all.join(' | ')} |`
}

/** @param {Result} result @param {string} target */
const rowOf = ({ rows }, target) => rows.find((row) => row.target === target)

/** Behind the name of a result that is to be taken with care. */
const WEAK = '†'

/** Of one round, or with a warning. @param {Result} result */
const isWeak = ({ rows }) =>
  rows.some(
    ({ figures, warnings }) =>
      warnings.length > 0 || Object.values(figures).some(({ rounds }) => rounds.length < 2),
  )

/** @param {Result} result @param {string} key */
const isMeasured = ({ rows }, key) => rows.some(({ figures }) => figures[key] !== undefined)

/** @param {Result} result */
const scenarioOf = ({ scenario }) => SCENARIOS.find(({ name }) => name === scenario)

/** @param {Result} result */
const figuresOf = (result) => scenarioOf(result)?.figures ?? []

/** @param {Result} result @param {string} label */
const labelOf = (result, label) => scenarioOf(result)?.readmeLabels?.[label] ?? label

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
