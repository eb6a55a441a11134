import { dirname } from 'node:path'
import { FIRST_WRITER } from '../load/updates.mjs'
import { measureFanOut } from './fan-out.mjs'

/** So far apart are the client ids of two steps, and of those who opened the entities. */
const STEP = 1_000_000

/**
 * One node has more and more entities open, without a socket each; another writes into all of them,
 * at the same rate. What readers of some of them see, and what Redis does, the audit included.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ steps: number[], bytes: number, rate: number, read: number }} shape
 */
export async function measureRelay(stage, { steps, bytes, rate, read }) {
  const { cluster, server } = stage
  if (cluster === null) throw new Error('this scenario needs several nodes')
  const log = { dist: dirname(server.main), redis: cluster.redis.url }
  const idle = await stage.load(1, () => ['Idle', server.door, { bytes }])
  /** @type {Record<string, number>} */
  const figures = { lost: 0 }
  /** @type {string[]} */
  const warnings = []
  let [open, load, others] = [0, 0, 0]
  for (const [turn, step] of steps.entries()) {
    await idle.alone('visit', { count: step - open, first: open })
    open = step
    await cluster.settle()
    const there = (await server.metrics())('entities_open')
    if (there < open) warnings.push(`of ${open} entities ${there} are open`)
    /** @type {import('./load.mjs').Load | null} */
    let writer = null
    const start = async (/** @type {Parameters<typeof stage.load>} */ ...args) => {
      writer = await stage.load(...args)
      return writer
    }
    const sample = await measureFanOut(
      { server: cluster, load: start, seconds: stage.seconds },
      {
        ...{ entities: step, writers: 1, readers: 1, writersRead: false, rate, prefix: 'idle' },
        ...{ read: Math.min(read, step), firstWriter: FIRST_WRITER + (turn + 1) * STEP, log },
      },
    )
    await /** @type {import('./load.mjs').Load | null} */ (writer)?.stop()
    figures[`p50at${step}`] = sample.figures.p50
    figures[`p99at${step}`] = sample.figures.p99
    figures[`redis${step}`] = sample.figures.redisShare ?? Number.NaN
    figures[`busy${step}`] = sample.figures.busy * 100
    figures.lost = (figures.lost ?? 0) + sample.figures.lost
    load = Math.max(load, sample.load)
    others = Math.max(others, sample.others)
    warnings.push(...sample.warnings.map((warning) => `at ${step}: ${warning}`))
  }
  const [first, last] = [steps[1], steps.at(-1)]
  figures.growth = (figures[`redis${last}`] ?? 0) / (figures[`redis${first}`] ?? 0)
  figures.slower = (figures[`p99at${last}`] ?? 0) / (figures[`p99at${first}`] ?? 0)
  return { figures, load, others, warnings }
}
