import { measureFanOut } from './fan-out.mjs'

/**
 * One writer, and more and more readers.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ steps: number[], rate: number }} shape
 */
export async function measureReaders(stage, { steps, rate }) {
  /** @type {Record<string, number>} */
  const figures = { lost: 0 }
  const warnings = []
  let load = 0
  let others = 0
  for (const readers of steps) {
    /** @type {import('./load.mjs').Load | null} */
    let there = null
    const own = async (/** @type {Parameters<typeof stage.load>} */ ...args) => {
      there = await stage.load(...args)
      return there
    }
    const sample = await measureFanOut(
      { ...stage, load: own },
      { entities: 1, writers: 1, readers, writersRead: false, rate, prefix: `read-by-${readers}` },
    )
    await /** @type {import('./load.mjs').Load | null} */ (there)?.stop()
    figures[`cpu${readers}`] = sample.figures.cpu
    figures[`p99at${readers}`] = sample.figures.p99
    figures.lost = (figures.lost ?? 0) + sample.figures.lost
    load = Math.max(load, sample.load)
    others = Math.max(others, sample.others)
    warnings.push(...sample.warnings.map((warning) => `${readers} readers: ${warning}`))
  }
  const [first, last] = [steps[0], steps.at(-1)]
  figures.growth = (figures[`cpu${last}`] ?? 0) / (figures[`cpu${first}`] ?? 0)
  return { figures, load, others, warnings }
}
