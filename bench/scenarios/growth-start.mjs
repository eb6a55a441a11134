import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const growthStart = {
  name: 'growth-start',
  title: 'starting with 1 million stored entities, and with a journal that is about to be filed',
  measure: 'start',
  // Filing begins with 50,000 rows.
  shape: { entities: 1_000_000, journal: 49_900 },
  seconds: 0,
  targets: OWN,
  figures: [
    figure('stored', '1 million entities', 'ms', { atMost: 1_000 }),
    figure('unfiled', 'and the longest journal', 'ms', { atMost: 1_000 }),
    figure('left', 'killed while it could not keep up', 'ms', { atMost: 1_000 }),
    figure('rows', 'its journal', 'rows'),
    figure('empty', 'nothing stored', 'ms'),
    figure('cpuEmpty', 'CPU, nothing stored', 'ms'),
    figure('cpuStored', 'with 1 million', 'ms'),
    figure('cpuUnfiled', 'longest journal', 'ms'),
    figure('cpuLeft', 'could not keep up', 'ms'),
    figure('memory', 'memory with 1 million', 'MB'),
  ],
}
