import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../load/clock.mjs'

const WARM_UP = 3_000

/**
 * How often something is published for one edit, by Redis' own count: an entity has a client on each
 * of so many nodes, one of them types. What is published without an edit is taken off.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ steps: number[], rate: number }} shape
 */
export async function measurePublishes({ cluster, load: start, seconds, rest }, { steps, rate }) {
  if (cluster === null) throw new Error('this scenario needs several nodes')
  /** @type {Record<string, number>} */
  const figures = { lost: 0 }
  /** @type {string[]} */
  const warnings = []
  for (const nodes of steps) {
    const doors = cluster.doors.slice(0, nodes)
    const shape = {
      ...{ entities: 1, writers: 1, readers: nodes - 1, writersRead: false },
      ...{ rate, prefix: `on-${nodes}` },
    }
    const load = await start(1, () => ['FanOut', doors, shape, { index: 0, of: 1 }])
    await load.call('open')
    await cluster.settle(5)
    const idle = await count(cluster, seconds)
    const plan = { start: now() + 300, warmUp: WARM_UP, length: seconds * 1_000, drain: 10_000 }
    const typed = load.alone('run', plan)
    await sleep(plan.start + WARM_UP - now())
    const busy = await count(cluster, seconds)
    const { lost, trouble } = await typed
    figures[`at${nodes}`] = (busy - idle) / rate
    figures[`idle${nodes}`] = idle
    figures.lost = (figures.lost ?? 0) + lost
    warnings.push(...trouble)
    await rest()
  }
  const [first, last] = [steps[0], steps.at(-1)]
  figures.growth = (figures[`at${last}`] ?? 0) / (figures[`at${first}`] ?? 0)
  return { figures, load: 0, others: 0, warnings }
}

/** Publishes per second. @param {import('./cluster.mjs').Cluster} cluster @param {number} seconds */
async function count({ redis }, seconds) {
  const [before, since] = [await redis.publishes(), performance.now()]
  await sleep(seconds * 1_000)
  const after = await redis.publishes()
  return ((after - before) * 1_000) / (performance.now() - since)
}
