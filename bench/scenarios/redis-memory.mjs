import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const redisMemory = {
  name: 'redis-memory',
  title: '100,000 idle entities of 1 KB in Redis, compacted, both generations of their snapshots',
  measure: 'redis-memory',
  shape: { entities: 100_000, bytes: 1_024 },
  nodes: 1,
  // Memory is the same, and 200,000 compactions need not wait for a disk.
  isDurable: false,
  // Nobody wants to wait for minutes.
  flags: ['--pace-idle', '2s', '--pace-compact-quiet', '2s'],
  seconds: 0,
  targets: OWN,
  figures: [
    figure('each', 'memory of each', 'bytes', { atMost: 4_096 }),
    figure('written', 'while it is written', 'bytes'),
    figure('total', 'of Redis', 'MB'),
    figure('compactions', 'compactions of each', ''),
  ],
  readmeLabels: {
    'memory of each': 'memory of each, in a Redis without a disk',
  },
}
