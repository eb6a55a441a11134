import { figure, WITHOUT_FLOOR } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const join4 = {
  name: 'join-4mb',
  title: '50 clients join an entity of 4 MB at once, one update pending',
  measure: 'join',
  shape: { bytes: 4 * 2 ** 20, joiners: 50 },
  seconds: 0,
  targets: WITHOUT_FLOOR,
  figures: [
    figure('cpu', 'CPU per join', 'ms', { times: 0.09, of: 'hocuspocus' }),
    figure('synced', 'all synced', 'ms', { times: 0.25, of: 'hocuspocus' }),
  ],
}
