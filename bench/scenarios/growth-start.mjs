import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const growthStart = {
  name: 'growth-start',
  title: 'starting with 1 million stored entities, and with the longest journal there can be',
  measure: 'start',
  // The bound of the journal (`src/sqlite/journal-bounds.ts`).
  shape: { entities: 1_000_000, journal: 75_000 },
  seconds: 0,
  targets: OWN,
  figures: [
    figure('stored', '1 million entities', 'ms', { atMost: 1_000 }),
    figure('unfiled', 'and the longest journal', 'ms', { atMost: 1_000 }),
    figure('left', 'after 1 million appends without a pause', 'ms', { atMost: 1_000 }),
    figure('rows', 'its journal', 'rows', { atMost: 75_000 }),
    figure('empty', 'nothing stored', 'ms'),
    figure('cpuEmpty', 'CPU, nothing stored', 'ms'),
    figure('cpuStored', 'with 1 million', 'ms'),
    figure('cpuUnfiled', 'longest journal', 'ms'),
    figure('cpuLeft', 'appends without a pause', 'ms'),
    figure('memory', 'memory with 1 million', 'MB'),
  ],
  readmeLabels: {
    '1 million entities': 'from the process to ready, 1 million entities',
    'and the longest journal': 'the same with the longest journal',
    'after 1 million appends without a pause': 'the same after 1 million appends without a pause',
    'its journal': 'journal that these appends left',
  },
}
