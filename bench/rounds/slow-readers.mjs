import { runFanOut } from './fan-out.mjs'

/** A reader that answers nothing is dead after 30 s, which is another matter: so long at most, in s, */
const LONGEST = 18
/** and so much more before that, in ms. */
const WARM_UP = 8_000

/**
 * The same typing twice, each time on a server that has just started: among readers that keep up,
 * and with two of them stalled and slow.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ writers: number, readers: number, rate: number, size: number, pace: number }} shape
 */
export async function measureSlowReaders(stage, { pace, ...shape }) {
  const without = await type(stage, shape, null)
  await stage.server.restart()
  const beside = await type(stage, { ...shape, readers: shape.readers - 2 }, pace)
  const { figures } = beside.sample
  return {
    ...beside.sample,
    figures: {
      ratio: figures.p99 / without.sample.figures.p99,
      p99: figures.p99,
      alone: without.sample.figures.p99,
      memory: (beside.peak - without.peak) / 2 ** 20,
      conflations: beside.conflations,
      stalled: beside.read[0] / 1_024,
      slow: beside.read[1] / 1_024,
      lost: figures.lost,
    },
    warnings: [...without.sample.warnings, ...beside.sample.warnings],
  }
}

/**
 * @param {import('./round.mjs').Stage} stage
 * @param {{ writers: number, readers: number, rate: number, size: number }} shape
 * @param {number | null} pace Of the slow one of two more readers.
 */
async function type({ server, load: start, seconds }, shape, pace) {
  // What the first one wrote is still in the data folder.
  const prefix = pace === null ? 'alone' : 'beside'
  const fanOut = { ...shape, prefix, entities: 1, writersRead: true }
  const load = await start(1, () => ['FanOut', server.doors, fanOut, { index: 0, of: 1 }])
  await load.call('open')
  const slow =
    pace === null
      ? null
      : await start(1, () => ['SlowReaders', server.door, { entity: `${prefix}-0`, pace }])
  await slow?.alone('open')
  await server.settle(5)
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, server.memory())
  }, 100)
  const length = Math.min(seconds, LONGEST)
  const sample = await runFanOut(server, load, length, WARM_UP).finally(() => clearInterval(timer))
  const conflations = (await server.metrics())('conflations_total')
  const total = Math.round(shape.rate * (sample.warmUp + length))
  const clocks = Array.from({ length: shape.writers }, (_, n) =>
    Math.ceil((total - n) / shape.writers),
  )
  // Throws when a socket was closed, or when one of them does not end up with everything.
  const read = (await slow?.alone('wake', { clocks }))?.read ?? []
  await slow?.stop()
  await load.stop()
  return { sample, peak, conflations, read }
}
