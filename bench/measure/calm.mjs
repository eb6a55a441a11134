import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { busyOf } from './cpu.mjs'

const LOOK = 500
const CALM = 0.15

/**
 * Waits until the machine has little else to do, as tests of a colleague end some time; or, at the
 * latest, for so many seconds. What runs during the measurement itself is warned about by the round.
 *
 * @param {number} limit
 */
export async function untilCalm(limit) {
  const busy = () => cpus().reduce((sum, _, core) => sum + busyOf(core), 0)
  for (let waited = 0; waited < limit * 1_000; waited += LOOK) {
    const before = busy()
    await sleep(LOOK)
    if ((busy() - before) / LOOK / cpus().length < CALM) return
  }
}
