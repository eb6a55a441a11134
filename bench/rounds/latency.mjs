import { LOAD_CORES } from './cores.mjs'
import { runFanOut } from './fan-out.mjs'

/**
 * Typing with acknowledgements in many entities, while a large one is written to and compacted.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {import('../load/fan-out.mjs').Shape & Large} shape
 * @typedef {object} Large
 * @property {number} bytes Of the large entity.
 * @property {number} pasteBytes Enough to have it compacted,
 * @property {number} pasteEvery every so many seconds.
 */
export async function measureLatency({ server, load: start, seconds }, shape) {
  const { bytes, pasteBytes, pasteEvery, ...fanOut } = shape
  const large = await start(1, () => ['LargeEntity', server.door, { bytes }])
  await large.alone('open')
  await large.alone('check')
  const count = Math.min(4, LOAD_CORES)
  const load = await start(count, (index) => ['FanOut', server.doors, fanOut, { index, of: count }])
  await load.call('open')
  await server.settle()
  // The event loop's delay is told since the last reading.
  const before = await server.metrics()
  // What goes wrong with it is said by the check behind it.
  const paste = () => void large.alone('paste', { bytes: pasteBytes }).catch(() => {})
  const timer = setInterval(paste, pasteEvery * 1_000)
  // Once at least, and in the measured time, however short that is.
  setTimeout(paste, 4_000)
  const sample = await runFanOut(server, load, seconds).finally(() => clearInterval(timer))
  const after = await server.metrics()
  await large.alone('check')
  const since = (/** @type {string} */ line) => after(line) - before(line)
  const compactions = since('compactions_total{result="committed"}')
  const failed = since('compactions_total{result="failed"}')
  if (failed > 0) sample.warnings.push(`${failed} compactions failed`)
  return {
    ...sample,
    figures: {
      ...sample.figures,
      loop: after('event_loop_delay_seconds{quantile="0.99"}') * 1_000,
      loopMax: after('event_loop_delay_seconds{quantile="1"}') * 1_000,
      compactions,
      // Nothing else here takes a quarter of a second.
      large: since('compaction_seconds_count') - since('compaction_seconds_bucket{le="0.25"}'),
    },
  }
}
