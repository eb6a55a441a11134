const WRITERS = 4
const GROUPS = 10
const JOINERS = 30

/**
 * One entity gets so many updates; then joining it is compared with joining one of as many bytes that
 * were written at once.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ updates: number }} shape
 */
export async function measureHistory({ server, load: start }, { updates }) {
  const long = await start(1, () => ['LargeEntity', server.door, { bytes: 0, entity: 'history' }])
  await long.alone('open')
  const tenths = []
  for (let tenth = 0; tenth < 10; tenth++) {
    const before = server.cpu()
    const since = performance.now()
    await long.alone('crank', { updates: updates / 10, writers: WRITERS })
    const cpu = server.cpu()
    tenths.push({
      cpu: ((cpu.own - before.own) * 1_000) / (updates / 10),
      others: (cpu.others - before.others) / (performance.now() - since),
    })
  }
  await server.settle()
  const bytes = await long.alone('weigh')
  const pasted = await start(1, () => ['LargeEntity', server.door, { bytes: 0, entity: 'pasted' }])
  await pasted.alone('open')
  await pasted.alone('paste', { bytes })
  await server.settle()
  await pasted.alone('weigh')
  const joins = { long: 0, pasted: 0 }
  let load = 0
  // In turn, so that what drifts meets both alike; the first group of each meets cold code.
  for (let group = -1; group < GROUPS; group++) {
    for (const [name, one] of Object.entries({ long, pasted })) {
      const before = server.cpu().own
      const joined = await one.alone('join', { count: JOINERS })
      await server.settle(3)
      if (group < 0) continue
      joins[/** @type {'long' | 'pasted'} */ (name)] += server.cpu().own - before
      load = Math.max(load, joined.load)
    }
  }
  return {
    figures: {
      ratio: joins.long / joins.pasted,
      join: joins.long / GROUPS / JOINERS,
      joinPasted: joins.pasted / GROUPS / JOINERS,
      bytes: bytes / 1_024,
      first: /** @type {number} */ (tenths[1]?.cpu),
      last: /** @type {number} */ (tenths.at(-1)?.cpu),
    },
    // Whoever joins is fast enough by far; joins at once fill the load's core for milliseconds.
    load: Math.min(load, 0.9),
    others: Math.max(...tenths.map(({ others }) => others)),
    warnings: /** @type {string[]} */ ([]),
  }
}
