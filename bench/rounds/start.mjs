import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const FILL = fileURLToPath(new URL('../prepare/fill-store.mjs', import.meta.url))
const STARTS = 3

/**
 * How long a start takes: from the process to its `/readyz`, the start of Node included.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ entities: number, journal: number }} shape
 */
export async function measureStart({ server, load: start }, { entities, journal }) {
  const fill = async (/** @type {'entities' | 'journal'} */ what, /** @type {number} */ count) => {
    const args = [FILL, server.data, dirname(server.main), what, String(count)]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    rows = Number(stdout)
  }
  let rows = 0
  const empty = await starts(server)
  // Faster than the journal is filed: what a server leaves that had more load than it bears.
  const ms = await server.restart(() => fill('entities', entities))
  const left = { rows, ms, cpu: server.cpu().own }
  await server.settle(300)
  const stored = await starts(server)
  const memory = server.memory() / 2 ** 20
  // A start begins with filing: the journal is filled before each.
  const unfiled = await starts(server, () => fill('journal', journal))
  const others = server.cpu()
  const since = performance.now()
  // What is measured would be worth nothing if it were not all there.
  for (const number of [0, Math.min(entities, journal) - 1, entities - 1]) {
    const one = await start(1, () => [
      'LargeEntity',
      server.door,
      { bytes: 0, entity: `stored-${number}` },
    ])
    if ((await one.alone('weigh')) < 10) throw new Error(`the entity ${number} came back empty`)
    await one.stop()
  }
  return {
    figures: {
      stored: stored.ms,
      unfiled: unfiled.ms,
      left: left.ms,
      rows: left.rows,
      empty: empty.ms,
      cpuEmpty: empty.cpu,
      cpuStored: stored.cpu,
      cpuUnfiled: unfiled.cpu,
      cpuLeft: left.cpu,
      memory,
    },
    load: 0,
    others: (server.cpu().others - others.others) / (performance.now() - since),
    warnings: /** @type {string[]} */ ([]),
  }
}

/**
 * The median of some.
 *
 * @param {import('./server.mjs').Server} server
 * @param {() => Promise<void>} [before]
 */
async function starts(server, before) {
  const times = []
  for (let n = 0; n < STARTS; n++) {
    const ms = await server.restart(before)
    times.push({ ms, cpu: server.cpu().own })
  }
  times.sort((a, b) => a.ms - b.ms)
  return /** @type {typeof times[number]} */ (times[Math.floor(STARTS / 2)])
}
