export const ALL = ['floor', 'y-websocket', 'hocuspocus', 'tributary']
/** Where the floor has nothing to do: it holds no state. */
export const WITHOUT_FLOOR = ['y-websocket', 'hocuspocus', 'tributary']
/** Who speaks to other nodes over Redis. */
export const CLUSTERS = ['hocuspocus', 'tributary']
/** What has to hold by itself, beside nobody. */
export const OWN = ['tributary']

/**
 * @param {string} key
 * @param {string} label
 * @param {string} unit
 * @param {...import('./scenario.mjs').Goal} goals
 * @returns {import('./scenario.mjs').Figure}
 */
export function figure(key, label, unit, ...goals) {
  return { key, label, unit, goals }
}

/** Beside the 99th percentile, which the scenario itself names. */
export const OTHER_LATENCIES = [
  figure('p50', 'p50', 'ms'),
  figure('p999', 'p99.9', 'ms'),
  figure('max', 'max', 'ms'),
  figure('lost', 'lost', ''),
]

/** What the Redis between the nodes did, which is not in their CPU. */
export const OF_REDIS = [
  figure('redis', 'Redis CPU', 'µs'),
  figure('redisShare', 'Redis', '%'),
  figure('publishes', 'publishes', ''),
]
