import { figure, WITHOUT_FLOOR } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const join20 = {
  name: 'join-20mb',
  title: '30 clients join an entity of 20 MB at once, one update pending',
  measure: 'join',
  shape: { bytes: 20 * 2 ** 20, joiners: 30 },
  seconds: 0,
  targets: WITHOUT_FLOOR,
  figures: [
    figure('cpu', 'CPU per join', 'ms', { times: 0.05, of: 'hocuspocus' }),
    figure('synced', 'all synced', 'ms', { times: 0.29, of: 'hocuspocus' }),
  ],
}
