import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { Crowd } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import { update } from '../support/frames.ts'
import { killAndLook } from '../support/kill-rounds.ts'
import { seedOfRun } from '../support/seeded.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

const SKEWED = new URL('../support/skewed-clock.mjs', import.meta.url).href
const HOUR = 3_600_000
const seed = seedOfRun()

/** What the server takes for the time: from the line in which it complains of nonsense. */
async function timeOf(stage: Stage): Promise<number> {
  const before = stage.server.output.length
  const raw = await stage.raw(stage.entity())
  await raw.join()
  raw.send(update(Uint8Array.of(9, 9, 9)))
  await raw.closed
  const complaint = () =>
    stage.server.output.slice(before).findLast((line) => line.includes('malformed'))
  // Its lines come over a pipe of their own, which may be behind the socket.
  await until('the complaint', stage.deadline, () => complaint() !== undefined)
  return Date.parse((JSON.parse(complaint() as string) as { time: string }).time)
}

describe('a clock that steps back', () => {
  ownStageTest(
    `[Y14] by an hour, forth by two, and back: edits, acknowledgements and recovery go on (seed ${seed})`,
    async (stage) => {
      const clock = join(stage.folder(), 'clock')
      writeFileSync(clock, '0')
      const env = { NODE_OPTIONS: `--import ${SKEWED}`, SKEWED_CLOCK: clock }
      await stage.start(['--pace-compact-entries', '20'], { env })
      const proxy = await stage.proxy()
      const load = { clients: 6, entities: 2, updatesPerSecond: 100, seed }
      const crowd = await Crowd.gather(stage, load, proxy.port)
      for (const skew of [-HOUR, HOUR, -24 * HOUR]) {
        writeFileSync(clock, String(skew))
        await until('the step', 60_000, async () => {
          const off = (await timeOf(stage)) - Date.now() - skew
          return Math.abs(off) < HOUR / 2
        })
        await crowd.acknowledged(`acknowledgements at ${skew} ms`)
        await killAndLook(stage, proxy, crowd, `${skew} ms`)
        proxy.plugInto(stage.port)
        await crowd.synced()
        await crowd.acknowledged()
      }
      await crowd.settle()
      await killAndLook(stage, proxy, crowd, 'the end', crowd.authors)
      expect(crowd.checker.acked).toBeGreaterThan(100)
    },
    { timeout: 120_000 },
  )
})
