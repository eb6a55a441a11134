import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const resume = {
  name: 'resume',
  title: 'a client of our own resumes an entity of 4 MB at its position, lacking one update',
  measure: 'come-back',
  shape: { bytes: 4 * 2 ** 20, by: 'resume' },
  seconds: 10,
  targets: OWN,
  figures: [
    figure('cpu', 'server CPU', 'ms', { atMost: 1 }),
    figure('most', 'on the wire', 'bytes', { atMost: 2_048 }),
    figure('synced', 'synced', 'ms'),
    figure('times', 'times', ''),
  ],
}
