import { ALL, figure, OTHER_LATENCIES } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const many10000 = {
  name: 'many-10000',
  title: '1,000 entities with one writer and one reader each, 10,000 updates/s',
  measure: 'fan-out',
  shape: { entities: 1_000, writers: 1, readers: 1, writersRead: false, rate: 10_000 },
  seconds: 10,
  targets: ALL,
  figures: [
    figure(
      'cpu',
      'CPU per update',
      'µs',
      { times: 0.5, of: 'hocuspocus' },
      { times: 1.55, of: 'floor' },
    ),
    figure('p99', 'p99', 'ms', { atMost: 90 }),
    ...OTHER_LATENCIES,
  ],
}
