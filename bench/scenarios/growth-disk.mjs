import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const growthDisk = {
  name: 'growth-disk',
  title: '1,000 entities, 2,000 updates/s: what is written to disk, filing and compaction included',
  measure: 'fan-out',
  shape: { entities: 1_000, writers: 1, readers: 1, writersRead: false, rate: 2_000 },
  // The journal is filed after 40,000 rows, three times in this time.
  seconds: 60,
  targets: OWN,
  figures: [
    figure('written', 'written per update', 'bytes'),
    figure('cpu', 'CPU per update', 'µs'),
    figure('p99', 'p99', 'ms'),
    figure('lost', 'lost', '', { atMost: 0 }),
  ],
  readmeLabels: {
    'written per update': 'written to disk per update',
  },
  readmeFigures: ['written'],
}
