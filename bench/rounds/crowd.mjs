import { measureFanOut } from './fan-out.mjs'

/**
 * The same typing in a few entities, beside more and more that are open and idle.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ steps: number[], bytes: number, typing: import('../load/fan-out.mjs').Shape }} shape
 */
export async function measureCrowd(stage, { steps, bytes, typing }) {
  const { server } = stage
  const idle = await stage.load(1, () => ['Idle', server.door, { bytes }])
  /** @type {Record<string, number>} */
  const figures = {}
  const warnings = []
  let open = 0
  let load = 0
  let others = 0
  /** @type {{ open: number, memory: number }[]} */
  const held = []
  for (const step of steps) {
    await idle.alone('visit', { count: step - open, first: open })
    open = step
    await server.settle()
    const there = (await server.metrics())('entities_open')
    if (there < open) warnings.push(`of ${open} entities ${there} are open`)
    await server.collect()
    held.push({ open, memory: server.memory() })
    /** @type {import('./load.mjs').Load | null} */
    let typists = null
    const own = async (/** @type {Parameters<typeof stage.load>} */ ...args) => {
      typists = await stage.load(...args)
      return typists
    }
    const sample = await measureFanOut({ ...stage, load: own }, { ...typing, prefix: `at-${step}` })
    await /** @type {import('./load.mjs').Load | null} */ (typists)?.stop()
    figures[`cpu${step}`] = sample.figures.cpu
    figures[`p99at${step}`] = sample.figures.p99
    load = Math.max(load, sample.load)
    others = Math.max(others, sample.others)
    warnings.push(...sample.warnings.map((warning) => `at ${step}: ${warning}`))
  }
  const [base, last] = [held.find((one) => one.open === 1_000), held.at(-1)]
  if (base !== undefined && last !== undefined) {
    figures.growth = (figures[`cpu${last.open}`] ?? 0) / (figures.cpu1000 ?? 0)
    figures.each = (last.memory - base.memory) / (last.open - base.open) / 1_024
    figures.memory = last.memory / 2 ** 20
  }
  return { figures, load, others, warnings }
}
