import { ratio } from './rows.mjs'

/** @param {number} value */
export function digits(value) {
  if (Number.isNaN(value)) return '–'
  if (value === 0 || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return value.toPrecision(Math.abs(value) < 1 ? 2 : 3)
}

/**
 * What a scenario came to, as Markdown.
 *
 * @param {import('../scenarios/scenario.mjs').Scenario} scenario
 * @param {import('./rows.mjs').Row[]} rows
 * @param {ReturnType<typeof import('../measure/machine.mjs').machine>} machine
 */
export function tableOf(scenario, rows, machine) {
  // Ratios to the floor and to Hocuspocus; between commits, to the older one.
  const bases = rows
    .map(({ target }) => target)
    .filter(
      (name, index) =>
        ['floor', 'hocuspocus'].includes(name) || (name.includes('@') && index === 0),
    )
  const [main] = scenario.figures
  const heads = [
    'target',
    ...scenario.figures.map(({ label, unit }) => (unit === '' ? label : `${label}, ${unit}`)),
    ...bases.map((name) => `${main?.label} to ${name}`),
    'load',
  ]
  const lines = rows.map((row) => [
    row.tier === null ? row.target : `${row.target} (${row.tier})`,
    ...scenario.figures.map(({ key }) => cell(row, key)),
    ...bases.map((name) => {
      const value = ratio(row, rows, name, main?.key ?? '')
      return value === null ? '–' : `${value.toFixed(2)} ×`
    }),
    `${Math.round(row.load * 100)} %`,
  ])
  const rounds = Object.values(rows[0]?.figures ?? {})[0]?.rounds.length ?? 0
  return [
    `## ${scenario.name}: ${scenario.title}`,
    '',
    `${new Date().toISOString().slice(0, 16).replace('T', ' ')} · ${machine.cpu}, ${machine.cores} cores · ` +
      `Linux ${machine.linux} · Node ${machine.node} · ${machine.commit?.slice(0, 7) ?? 'no commit'}` +
      `${machine.changed ? ' with changes' : ''} · ${rounds} round(s): median (least–most)`,
    '',
    ...grid(heads, lines),
    '',
    ...rows.flatMap(outcomes),
    '',
  ].join('\n')
}

/** @param {import('./rows.mjs').Row} row @param {string} key */
function cell(row, key) {
  const figure = row.figures[key]
  if (figure === undefined) return '–'
  const { median, least, most } = figure
  return least === most ? digits(median) : `${digits(median)} (${digits(least)}–${digits(most)})`
}

/** @param {string[]} heads @param {string[][]} lines */
function grid(heads, lines) {
  const widths = heads.map((head, index) =>
    Math.max(head.length, ...lines.map((line) => (line[index] ?? '').length)),
  )
  const row = (/** @type {string[]} */ cells) =>
    `| ${cells.map((text, index) => text.padEnd(widths[index] ?? 0)).join(' | ')} |`
  return [row(heads), row(widths.map((width) => '-'.repeat(width))), ...lines.map(row)]
}

/** @param {import('./rows.mjs').Row} row */
function outcomes(row) {
  const verdicts = row.verdicts.map(({ figure, goal, value, isReached }) => {
    const reached = isReached === null ? 'not run' : isReached ? 'reached' : '**not reached**'
    return `- ${row.target}, ${figure} ${goal}: ${value === null ? '' : `${digits(value)}, `}${reached}`
  })
  return [...verdicts, ...row.warnings.map((warning) => `- ${row.target}: ${warning}`)]
}

/** @param {Parameters<typeof tableOf>} args */
export function printTable(...args) {
  console.log(`\n${tableOf(...args)}`)
}
