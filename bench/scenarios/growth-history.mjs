import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const growthHistory = {
  name: 'growth-history',
  title: 'an entity that gets 1 million updates, and who joins it then',
  measure: 'history',
  shape: { updates: 1_000_000 },
  // Four writers as fast as the disk lets them.
  flags: ['--limit-session-messages', '1000000', '--limit-session-messages-burst', '1000000'],
  seconds: 0,
  targets: OWN,
  figures: [
    figure('ratio', 'join to one of as many bytes', '×', { atMost: 1.2 }),
    figure('join', 'CPU per join', 'ms'),
    figure('joinPasted', 'of as many bytes', 'ms'),
    figure('bytes', 'bytes', 'KB'),
    figure('first', 'CPU per update, 2nd tenth', 'µs'),
    figure('last', 'last tenth', 'µs'),
  ],
  readmeLabels: {
    'join to one of as many bytes':
      'CPU per join, to that of an entity of as many bytes that were pasted at once',
  },
}
