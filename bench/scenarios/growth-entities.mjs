import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const growthEntities = {
  name: 'growth-entities',
  title: '2,000 updates/s in 100 entities, beside up to 100,000 that are open and idle',
  measure: 'crowd',
  shape: {
    steps: [10, 1_000, 10_000, 100_000],
    bytes: 200,
    typing: { entities: 100, writers: 1, readers: 1, writersRead: false, rate: 2_000 },
  },
  // They stay open without a socket each, and are as they are after their compaction.
  flags: ['--pace-idle', '24h', '--pace-compact-quiet', '24h'],
  seconds: 10,
  targets: OWN,
  figures: [
    figure('growth', 'at 100,000 to at 1,000', '×', { atMost: 1.2 }),
    figure('cpu10', 'CPU per update at 10', 'µs'),
    figure('cpu1000', 'at 1,000', 'µs'),
    figure('cpu10000', 'at 10,000', 'µs'),
    figure('cpu100000', 'at 100,000', 'µs'),
    figure('p99at1000', 'p99 at 1,000', 'ms'),
    figure('p99at100000', 'p99 at 100,000', 'ms'),
    figure('each', 'memory of an idle one', 'KB'),
    figure('memory', 'of all', 'MB'),
  ],
  readmeLabels: {
    'at 100,000 to at 1,000': 'CPU per update beside 100,000, to that beside 1,000',
  },
}
