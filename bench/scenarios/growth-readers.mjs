import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const growthReaders = {
  name: 'growth-readers',
  title: '1 writer, 10 updates/s, up to 5,000 readers',
  measure: 'readers',
  shape: { steps: [500, 2_000, 5_000], rate: 10 },
  seconds: 10,
  targets: OWN,
  figures: [
    figure('growth', 'at 5,000 to at 500', '×', { atMost: 1.2 }),
    figure('cpu500', 'CPU per delivery at 500', 'µs'),
    figure('cpu2000', 'at 2,000', 'µs'),
    figure('cpu5000', 'at 5,000', 'µs'),
    figure('p99at500', 'p99 at 500', 'ms'),
    figure('p99at5000', 'p99 at 5,000', 'ms'),
    figure('lost', 'lost', '', { atMost: 0 }),
  ],
  readmeLabels: {
    'at 5,000 to at 500': 'CPU per delivery with 5,000 readers, to that with 500',
  },
  readmeFigures: ['p99at5000'],
}
