import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const slowReaders = {
  name: 'slow-readers',
  title: 'one stalled reader and one at 20 KB/s among 50, on an entity that gets 500 KB/s',
  measure: 'slow-readers',
  // Updates of 1 KB: what the system keeps for a socket is full before it is over.
  shape: { writers: 10, readers: 50, rate: 500, size: 1_024, pace: 20 * 1_024 },
  seconds: 15,
  targets: OWN,
  figures: [
    figure('ratio', 'p99 to that without them', '×', { atMost: 2 }),
    figure('p99', 'p99 of the others', 'ms'),
    figure('alone', 'p99 without them', 'ms'),
    figure('memory', 'more memory', 'MB', { atMost: 20 }),
    figure('conflations', 'conflations', '', { atLeast: 1 }),
    figure('stalled', 'read by the stalled one', 'KB'),
    figure('slow', 'by the slow one', 'KB'),
    figure('lost', 'lost', '', { atMost: 0 }),
  ],
  readmeLabels: {
    'p99 to that without them': 'p99 of the others, to that without the two',
    'more memory': 'memory, more than without the two',
  },
}
