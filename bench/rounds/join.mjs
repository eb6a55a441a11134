import { setTimeout as sleep } from 'node:timers/promises'

/** The first ones meet code that has never run; then so many groups are measured. */
const WARM_UP = 1
const GROUPS = 3

/**
 * Many join a large entity at the same time, one update having come since the last time.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ bytes: number, joiners: number }} shape
 */
export async function measureJoin({ server, load: start }, { bytes, joiners }) {
  const load = await start(1, () => ['LargeEntity', server.door, { bytes }])
  await load.alone('open')
  const whole = await load.alone('check')
  await server.settle()
  const groups = []
  let others = 0
  for (let group = -WARM_UP; group < GROUPS; group++) {
    await load.alone('type')
    // The update arrives, and is pending: no server writes it into its stored state by then.
    await sleep(200)
    const before = server.cpu()
    const since = performance.now()
    const result = await load.alone('join', { count: joiners })
    // What the server does for them afterwards is part of it.
    await sleep(300)
    const after = server.cpu()
    await server.settle(10)
    if (group < 0) continue
    others += (after.others - before.others) / (performance.now() - since) / GROUPS
    groups.push({ ...result, cpu: (after.own - before.own) / joiners })
  }
  const again = await load.alone('check')
  const warnings = []
  if (groups.some((group) => group.fewest < again * 0.99)) {
    warnings.push('a client got less than a check says there is')
  }
  return {
    figures: {
      cpu: mean(groups.map((group) => group.cpu)),
      synced: mean(groups.map((group) => group.ms)),
      whole,
    },
    load: mean(groups.map((group) => group.load)),
    others,
    warnings,
  }
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
