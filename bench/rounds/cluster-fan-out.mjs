import { measureFanOut } from './fan-out.mjs'

/**
 * Typing on a schedule, as on one server; CPU is that of all nodes together.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {import('../load/fan-out.mjs').Shape} shape
 */
export function measureClusterFanOut({ cluster, load, seconds }, shape) {
  if (cluster === null) throw new Error('this scenario needs several nodes')
  return measureFanOut({ server: cluster, load, seconds }, shape)
}
