import { ALL, figure, OTHER_LATENCIES } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const everyone = {
  name: 'everyone',
  title: '50 clients, all writing and reading, 500 updates/s',
  measure: 'fan-out',
  shape: { entities: 1, writers: 50, readers: 0, writersRead: true, rate: 500, warmUp: 90_000 },
  seconds: 10,
  targets: ALL,
  figures: [
    figure('cpu', 'CPU per delivery', 'µs', { times: 0.9, of: 'floor' }),
    figure('p99', 'p99', 'ms'),
    ...OTHER_LATENCIES,
  ],
}
