/**
 * One target in one scenario: over its rounds, for each figure.
 *
 * @typedef {object} Row
 * @property {string} target
 * @property {string | null} tier
 * @property {Record<string, { median: number, least: number, most: number, rounds: number[] }>} figures
 * @property {number} load The most in any round.
 * @property {string[]} warnings
 * @property {Verdict[]} verdicts
 */
/**
 * @typedef {object} Verdict
 * @property {string} figure
 * @property {string} goal As in the design, like `≤ 0.8 × floor`.
 * @property {number | null} value What it is compared to: the ratio, or the figure. Null: was not run.
 * @property {number} limit
 * @property {boolean | null} isReached
 */

/**
 * @param {import('../scenarios/scenario.mjs').Scenario} scenario
 * @param {Map<string, import('../rounds/round.mjs').Sample[]>} samples
 * @returns {Row[]}
 */
export function compareRows(scenario, samples) {
  /** @type {Row[]} */
  const rows = []
  for (const [target, rounds] of samples) {
    /** @type {Row['figures']} */
    const figures = {}
    for (const key of Object.keys(rounds[0]?.figures ?? {})) {
      figures[key] = spread(rounds.map((sample) => sample.figures[key] ?? Number.NaN))
    }
    rows.push({
      target,
      tier: rounds[0]?.tier ?? null,
      figures,
      load: Math.max(...rounds.map((sample) => sample.load)),
      warnings: rounds.flatMap((sample, round) =>
        sample.warnings.map((warning) => `round ${round + 1}: ${warning}`),
      ),
      verdicts: [],
    })
  }
  for (const row of rows) {
    if (row.target.startsWith('tributary')) row.verdicts = verdicts(scenario, row, rows)
  }
  return rows
}

/** @param {number[]} values */
function spread(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  const high = /** @type {number} */ (sorted[Math.floor(half)])
  const low = /** @type {number} */ (sorted[Math.ceil(half) - 1])
  return {
    median: (low + high) / 2,
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
    rounds: values,
  }
}

/**
 * @param {import('../scenarios/scenario.mjs').Scenario} scenario
 * @param {Row} row
 * @param {Row[]} rows
 */
function verdicts(scenario, row, rows) {
  return scenario.figures.flatMap(({ key, label, unit, goals }) =>
    goals.map((goal) => {
      const isRatio = 'times' in goal
      const value = isRatio ? ratio(row, rows, goal.of, key) : (row.figures[key]?.median ?? null)
      const isLeast = 'atLeast' in goal
      const limit = isRatio ? goal.times : isLeast ? goal.atLeast : goal.atMost
      return {
        figure: label,
        goal: isRatio
          ? `≤ ${limit} × ${goal.of}`
          : `${isLeast ? '≥' : '≤'} ${limit} ${unit}`.trimEnd(),
        value,
        limit,
        isReached: value === null ? null : isLeast ? value >= limit : value <= limit,
      }
    }),
  )
}

/**
 * Of the medians; of the first row that `other` begins the name of.
 *
 * @param {Row} row @param {Row[]} rows @param {string} other @param {string} key
 * @returns {number | null}
 */
export function ratio(row, rows, other, key) {
  const base = rows.find(({ target }) => target === other)?.figures[key]?.median
  const own = row.figures[key]?.median
  return base === undefined || own === undefined || !(base > 0) ? null : own / base
}
