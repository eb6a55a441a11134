import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const tokens = {
  name: 'tokens',
  title: '1,000 entities, 10,000 updates/s, by clients that had to show a token',
  measure: 'tokens',
  shape: { entities: 1_000, writers: 1, readers: 1, writersRead: false, rate: 10_000 },
  seconds: 10,
  targets: OWN,
  figures: [
    figure('ratio', 'with tokens to open', '×', { atMost: 1.05 }),
    figure('cpu', 'CPU per update, with tokens', 'µs'),
    figure('open', 'open', 'µs'),
    figure('p99', 'p99, with tokens', 'ms'),
    figure('lost', 'lost', '', { atMost: 0 }),
  ],
  readmeLabels: {
    'with tokens to open': 'CPU per update, to that of clients without a token',
  },
}
