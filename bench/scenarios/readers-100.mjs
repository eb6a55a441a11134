import { ALL, figure, OTHER_LATENCIES } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const readers100 = {
  name: 'readers-100',
  title: '1 writer, 300 readers, 100 updates/s',
  measure: 'fan-out',
  shape: { entities: 1, writers: 1, readers: 300, writersRead: false, rate: 100, warmUp: 40_000 },
  seconds: 10,
  targets: ALL,
  figures: [
    figure('cpu', 'CPU per delivery', 'µs', { times: 0.8, of: 'floor' }),
    figure('p99', 'p99', 'ms'),
    ...OTHER_LATENCIES,
  ],
}
