import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const relay = {
  name: 'relay',
  title: '2,000 updates/s of another node in 100 to 50,000 entities that a node has open',
  measure: 'relay',
  shape: { steps: [100, 1_000, 10_000, 50_000], bytes: 200, rate: 2_000, read: 2_000 },
  nodes: 1,
  // They stay open without a socket each, and as they are before their compaction.
  flags: ['--pace-idle', '24h', '--pace-compact-quiet', '24h'],
  // Of 50,000 entities each is written every 25 s.
  seconds: 20,
  targets: OWN,
  figures: [
    figure('growth', 'CPU of Redis at 50,000 to at 1,000', '×', { atMost: 1.3 }),
    figure('slower', 'p99 at 50,000 to at 1,000', '×', { atMost: 2 }),
    ...[100, 1_000, 10_000, 50_000].flatMap((open) => [
      figure(`p50at${open}`, `p50 at ${open.toLocaleString('en')}`, 'ms'),
      figure(`p99at${open}`, 'p99', 'ms'),
      figure(`redis${open}`, 'Redis', '%'),
      figure(`busy${open}`, 'node', '%'),
    ]),
    figure('lost', 'lost', '', { atMost: 0 }),
  ],
}
