import { expect } from 'vitest'
import type { EntityKey } from '../../src/core/ids.ts'
import type { SetAside } from '../../src/log/log.ts'
import { inParallel } from '../support/in-parallel.ts'
import { refusedFaults } from '../support/refused-oracle.ts'
import { type Played, playRefused, REFUSING } from '../support/refused-session.ts'
import { seedOfRun } from '../support/seeded.ts'
import { openFolder } from '../support/sqlite-store.ts'
import { ownStageTest } from '../support/stage.ts'

const seed = seedOfRun()
/** A replay wants fewer. */
const SESSIONS = Number(process.env.SESSIONS ?? 300)

const RESTARTED_AFTER = 100

ownStageTest(
  `[U28] [E7] [V33] ${SESSIONS} random sessions in which much is refused converge to what Yjs makes of the rest (seed ${seed})`,
  async (stage) => {
    const data = stage.folder()
    await stage.start(REFUSING, { data })
    const all: Played[] = []
    const seeds = Array.from({ length: SESSIONS }, (_, index) => seed + index)
    await inParallel(seeds, 100, async (one) => {
      all.push(await playRefused(stage.port, `s${one}`, one))
      // Who is away just now, and has not heard, comes back to one that was not there.
      if (all.length % RESTARTED_AFTER === 0 && all.length < SESSIONS) await stage.restart('stop')
    })
    await stage.server.stop()

    const { log, close } = await openFolder(data)
    const refused = new Map<EntityKey, SetAside[]>()
    const whys = new Map<string, number>()
    for await (const aside of log.listSetAside()) {
      refused.set(aside.entity, [...(refused.get(aside.entity) ?? []), aside])
      whys.set(aside.why, (whys.get(aside.why) ?? 0) + 1)
    }
    await close()
    const faults = all.flatMap((played) =>
      refusedFaults(played, refused.get(`default/${played.entity}` as EntityKey) ?? []),
    )
    expect(faults.slice(0, 20)).toEqual([])
    // It is about something.
    expect(whys.get('update-too-large')).toBeGreaterThan(SESSIONS)
    expect(whys.get('entity-full')).toBeGreaterThan(SESSIONS / 10)
    const asides = all.flatMap(({ authors }) => authors.map((author) => author.asides))
    expect(asides.filter((one) => one === null).length).toBeGreaterThan(SESSIONS / 2)
    expect(asides.flatMap((one) => one ?? []).length).toBeGreaterThan(SESSIONS / 2)
  },
  { timeout: 5 * 60_000 },
)
