import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import {
  figureTable,
  newestResults,
  type Result,
  withFigures,
} from '../../bench/report/figures.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** Every figure in the README stands in a table that is made from the results, or names its file. */
test('the figures of README.md are those of the newest results', () => {
  expect(withFigures(README, newestResults(ROOT))).toBe(README)
})

test('every result that README.md names is there', () => {
  const named = [...README.matchAll(/bench\/results\/[\w.-]+/g)].map(([path]) => path)
  expect(named.filter((path) => !existsSync(`${ROOT}/${path}`))).toEqual([])
})

test('a table shows what the result says, and where a goal was missed', () => {
  const verdict = { figure: 'p99', goal: '≤ 40 ms', value: 41.234, limit: 40, isReached: false }
  const row = { target: 'tributary', tier: 'disk', figures: {}, load: 0, warnings: [] }
  const result = {
    file: 'bench/results/2026-01-01-latency.json',
    scenario: 'latency',
    title: 'typing',
    date: '2026-01-01',
    machine: { cpu: 'a chip', cores: 2, node: 'v20' },
    rows: [{ ...row, verdicts: [verdict] }],
  } as unknown as Result
  const line =
    '| typing | p99 ≤ 40 ms | 41.2 (missed) | [latency](bench/results/2026-01-01-latency.json) |'
  expect(figureTable([result])).toContain(line)
  const place = '<!-- bench-figures -->\nold\n<!-- /bench-figures -->\n'
  const filled = withFigures(`before\n${place}behind`, [result])
  expect(filled).toContain(line)
  expect(filled).not.toContain('old')
  expect(() => withFigures('no place', [result])).toThrow('no place for the figures')
  expect(withFigures('no figures', [])).toBe('no figures')
})
