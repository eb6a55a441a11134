import { ALL, figure, OTHER_LATENCIES } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const many2000 = {
  name: 'many-2000',
  title: '1,000 entities with one writer and one reader each, 2,000 updates/s',
  measure: 'fan-out',
  shape: { entities: 1_000, writers: 1, readers: 1, writersRead: false, rate: 2_000 },
  seconds: 10,
  targets: ALL,
  figures: [
    figure('cpu', 'CPU per update', 'µs', { times: 0.45, of: 'hocuspocus' }),
    figure('p99', 'p99', 'ms'),
    ...OTHER_LATENCIES,
  ],
}
