import { CLUSTERS, figure, OF_REDIS, OTHER_LATENCIES } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const clusterEveryone = {
  name: 'cluster-everyone',
  title: 'two nodes, 50 clients over both, all writing and reading, 500 updates/s',
  measure: 'cluster-fan-out',
  shape: { entities: 1, writers: 50, readers: 0, writersRead: true, rate: 500, warmUp: 90_000 },
  nodes: 2,
  seconds: 10,
  targets: CLUSTERS,
  figures: [
    figure('cpu', 'CPU per delivery, both nodes', 'µs', { times: 0.35, of: 'hocuspocus' }),
    figure('p99', 'p99', 'ms'),
    ...OTHER_LATENCIES,
    ...OF_REDIS,
  ],
}
