import { figure, WITHOUT_FLOOR } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const comeBack = {
  name: 'come-back',
  title: 'a client comes back to an entity of 4 MB lacking one update',
  measure: 'come-back',
  shape: { bytes: 4 * 2 ** 20, by: 'comeBack' },
  seconds: 10,
  targets: WITHOUT_FLOOR,
  figures: [
    figure('cpu', 'server CPU', 'ms', { atMost: 1 }),
    figure('synced', 'synced', 'ms'),
    figure('times', 'times', ''),
  ],
}
