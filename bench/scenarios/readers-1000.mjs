import { ALL, figure, OTHER_LATENCIES } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const readers1000 = {
  name: 'readers-1000',
  title: '1 writer, 300 readers, 1,000 updates/s',
  measure: 'fan-out',
  shape: { entities: 1, writers: 1, readers: 300, writersRead: false, rate: 1_000 },
  seconds: 10,
  targets: ALL,
  figures: [
    figure('cpu', 'CPU per delivery', 'µs', { times: 0.35, of: 'hocuspocus' }),
    figure('p99', 'p99', 'ms', { atMost: 50 }),
    ...OTHER_LATENCIES,
  ],
}
