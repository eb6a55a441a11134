import { ALL, figure } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const idle = {
  name: 'idle',
  title: '4,000 idle connections, each with its own entity of 1 KB',
  measure: 'idle',
  shape: { connections: 4_000, bytes: 1_024 },
  seconds: 0,
  targets: ALL,
  figures: [
    figure('memory', 'memory each', 'KB', { times: 1.27, of: 'floor' }),
    figure('held', 'really held', 'KB'),
    figure('pss', 'by PSS', 'KB'),
    figure('base', 'server alone', 'MB'),
  ],
}
