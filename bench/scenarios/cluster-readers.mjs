import { CLUSTERS, figure, OF_REDIS, OTHER_LATENCIES } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const clusterReaders = {
  name: 'cluster-readers',
  title: 'two nodes, 1 writer on one, 300 readers on the other, 100 updates/s',
  measure: 'cluster-fan-out',
  shape: {
    ...{ entities: 1, writers: 1, readers: 300, writersRead: false, rate: 100, warmUp: 90_000 },
    // Hocuspocus ends a connection that has said nothing for 60 s.
    wordEvery: 25_000,
    isApart: true,
  },
  nodes: 2,
  seconds: 10,
  targets: CLUSTERS,
  figures: [
    figure('cpu', 'CPU per delivery, both nodes', 'µs', { times: 0.5, of: 'hocuspocus' }),
    figure('p99', 'p99', 'ms'),
    ...OTHER_LATENCIES,
    ...OF_REDIS,
  ],
}
