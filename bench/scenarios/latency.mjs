import { figure, OWN } from './shown.mjs'

/** @type {import('./scenario.mjs').Scenario} */
export const latency = {
  name: 'latency',
  title:
    '200 clients on 50 entities, 500 updates/s, while one of 20 MB is compacted again and again',
  measure: 'latency',
  shape: {
    ...{ entities: 50, writers: 4, readers: 0, writersRead: true, rate: 500, asksAcks: true },
    ...{ bytes: 20 * 2 ** 20, pasteBytes: 300 * 1_024, pasteEvery: 10 },
  },
  seconds: 300,
  targets: OWN,
  figures: [
    figure('p99', 'p99', 'ms', { atMost: 40 }),
    figure('p999', 'p99.9', 'ms', { atMost: 100 }),
    figure('ack', 'acknowledgement p99', 'ms', { atMost: 60 }),
    figure('loop', 'event loop p99', 'ms', { atMost: 20 }),
    figure('loopMax', 'event loop max', 'ms'),
    figure('large', 'compactions of it', '', { atLeast: 1 }),
    figure('compactions', 'all compactions', ''),
    figure('p50', 'p50', 'ms'),
    figure('max', 'max', 'ms'),
    figure('lost', 'lost', '', { atMost: 0 }),
  ],
}
