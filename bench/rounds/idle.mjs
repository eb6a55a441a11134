import { memoryOf } from '../measure/memory.mjs'

/** So many come and go first: code and tables that the first connection brings belong to nobody. */
const WARM_UP = 50

/**
 * What connections cost that only stay. Two figures, since both are asked for:
 *
 * - `memory`: by how much the server grew since it had just started, as an operator sees it. The
 *   room that V8 takes for young objects as soon as there is traffic is in it, up to 48 MB.
 * - `held`: what one connection more really holds, after a collection, against a server that has
 *   had some before.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ connections: number, bytes: number }} shape
 */
export async function measureIdle({ server, load: start }, { connections, bytes }) {
  const load = await start(1, () => ['Idle', server.door, { bytes }])
  await server.settle()
  const fresh = memoryOf(server.pid)
  await load.call('open', { count: WARM_UP, first: connections })
  await load.call('close')
  await server.collect()
  const before = memoryOf(server.pid)
  await load.call('open', { count: connections, first: 0 })
  await server.settle()
  const asItIs = memoryOf(server.pid)
  await server.collect()
  const after = memoryOf(server.pid)
  const each = (/** @type {number} */ all) => all / connections / 1_024
  return {
    figures: {
      memory: each(asItIs.rss - fresh.rss),
      held: each(after.rss - before.rss),
      pss: asItIs.pss === null || fresh.pss === null ? Number.NaN : each(asItIs.pss - fresh.pss),
      base: fresh.rss / 2 ** 20,
    },
    load: 0,
    others: 0,
    warnings: await load.alone('trouble'),
  }
}
