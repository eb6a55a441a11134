import { CLUSTERS, figure } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const clusterPublishes = {
  name: 'cluster-publishes',
  title: 'what is published for one edit of an entity that is open on 2, then on 4 nodes',
  measure: 'publishes',
  // So far apart that no two of them go together.
  shape: { steps: [2, 4], rate: 10 },
  nodes: 4,
  seconds: 10,
  targets: CLUSTERS,
  figures: [
    figure('growth', 'on 4 nodes to on 2', '×', { atMost: 1.05 }),
    figure('at2', 'publishes per edit on 2', ''),
    figure('at4', 'on 4', ''),
    figure('idle2', 'without an edit, on 2', 'per second'),
    figure('idle4', 'on 4', 'per second'),
    figure('lost', 'lost', '', { atMost: 0 }),
  ],
  readmeLabels: {
    'on 4 nodes to on 2': 'publishes per edit on 4 nodes, to those on 2',
  },
}
