import { expect } from 'vitest'
import { until } from '../support/deadline.ts'
import { update } from '../support/frames.ts'
import { type Readyz, ready, readyzWhen } from '../support/readiness.ts'
import { startRedis } from '../support/redis-server.ts'
import { ownStageTest } from '../support/stage.ts'

const MB = 1024 * 1024
const LIMIT = 8 * MB

ownStageTest(
  '[L83] a running node warns while what it holds reaches back less than 10 s, and no longer',
  async (stage) => {
    const redis = await startRedis()
    stage.atEnd(() => redis.stop())
    const flags = ['--limit-held-bytes', '8mb', '--pace-compact-entries', '10']
    const server = await stage.start(['--redis', redis.url, ...flags])
    const warns = ({ warnings }: Readyz) =>
      warnings.some((why) => /in the last \d s alone.*--limit-held-bytes/.test(why))
    expect(warns(await ready(server))).toBe(false)
    const writer = await stage.raw(stage.entity())
    const doc = await writer.join()
    doc.on('update', (it: Uint8Array) => writer.send(update(it)))
    const text = doc.getMap<string>('map')
    // From 7/8 on what a snapshot covers is let go of; with all of it taken he would be sent away.
    await until('the hold is nearly full', 30_000, async () => {
      text.set('text', 'x'.repeat(200_000))
      await writer.settled()
      return (await stage.metrics()).sum('held_bytes') >= (LIMIT * 7) / 8
    })
    const said = await readyzWhen(server, 'it warns', warns)
    expect(said).toMatchObject({ code: 200, status: 'ready' })
    expect((await stage.metrics()).sum('hold_seconds')).toBeLessThan(12)
    // It warns from the first entry let go of; the memory goes with the last one of its megabyte.
    await until('there is room again', 30_000, async () => {
      return (await stage.metrics()).sum('held_bytes') < (LIMIT * 7) / 8
    })
    await readyzWhen(server, 'it does not warn any more', (now) => !warns(now))
  },
  { timeout: 90_000 },
)
