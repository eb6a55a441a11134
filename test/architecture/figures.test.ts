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

const figure = (median: number, rounds = [median, median]) => ({
  ...{ median, least: median, most: median },
  rounds,
})
const row = (target: string, figures: object, verdicts: readonly object[] = []) => ({
  ...{ target, figures, verdicts },
  ...{ tier: null, load: 0, warnings: [] },
})
const machine = { cpu: 'a chip', cores: 2, node: 'v20' }

test('a table shows what the results say beside the peers, what it costs in latency, where a goal was missed, and what was measured once', () => {
  const latency = {
    ...{ file: 'bench/results/2026-01-01-latency.json', scenario: 'latency', title: 'typing' },
    ...{ date: '2026-01-01', machine },
    rows: [
      row('tributary', { p99: figure(41.234, [41.234]) }, [
        { figure: 'p99', goal: '≤ 40 ms', value: 41.234, limit: 40, isReached: false },
      ]),
    ],
  } as unknown as Result
  const many = {
    ...{ file: 'bench/results/2026-01-01-many-2000.json', scenario: 'many-2000', title: 'many' },
    ...{ date: '2026-01-01', machine },
    rows: [
      row('floor', { cpu: figure(10), p99: figure(0.5) }),
      row('hocuspocus', { cpu: figure(40) }),
      row('tributary', { cpu: figure(16), p99: figure(14) }, [
        {
          figure: 'CPU per update',
          goal: '≤ 0.45 × hocuspocus',
          ...{ value: 0.4, limit: 0.45, isReached: true },
        },
      ]),
    ],
  } as unknown as Result
  const table = figureTable([many, latency])
  const lines = [
    '| many | CPU per update, µs | 10.0 | – | 40.0 | 16.0 | ≤ 0.45 × hocuspocus (0.40 ×) | [many-2000](bench/results/2026-01-01-many-2000.json) |',
    '|  | p99, ms | 0.50 | – | – | 14.0 |  |  |',
    '| typing | p99 | 41.2 ms | ≤ 40 ms (missed) | [latency](bench/results/2026-01-01-latency.json) † |',
  ]
  for (const line of lines) expect(table).toContain(line)
  const place = '<!-- bench-figures -->\nold\n<!-- /bench-figures -->\n'
  const filled = withFigures(`before\n${place}behind`, [many, latency])
  for (const line of lines) expect(filled).toContain(line)
  expect(filled).not.toContain('old')
  expect(() => withFigures('no place', [many])).toThrow('no place for the figures')
  expect(withFigures('no figures', [])).toBe('no figures')
})
