import { CLUSTERS, figure, OF_REDIS, OTHER_LATENCIES } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const clusterMany = {
  name: 'cluster-many',
  title:
    'two nodes, 1,000 entities with a writer on one and a reader on the other, 2,000 updates/s',
  measure: 'cluster-fan-out',
  shape: {
    ...{ entities: 1_000, writers: 1, readers: 1, writersRead: false, rate: 2_000 },
    isApart: true,
  },
  nodes: 2,
  seconds: 10,
  targets: CLUSTERS,
  figures: [
    figure('cpu', 'CPU per update, both nodes', 'µs', { times: 0.4, of: 'hocuspocus' }),
    figure('p99', 'p99', 'ms', { atMost: 30 }),
    ...OTHER_LATENCIES,
    ...OF_REDIS,
  ],
}
