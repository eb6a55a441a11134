import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { DEFAULT_TENANT, entityId, entityRef } from '../../src/core/ids.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { Checker } from '../support/checker.ts'
import {
  agreed,
  doubled,
  marksOf,
  openHandle,
  Scribe,
  seenAnew,
} from '../support/provider-crowd.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { openFolder } from '../support/sqlite-store.ts'
import { ownStageTest } from '../support/stage.ts'

const seed = seedOfRun()
const ROUNDS = Number(process.env.PROVIDER_ROUNDS ?? 20)
const PATIENCE = 30_000

describe('[U35] kill -9 of the server under load, with our own provider', () => {
  ownStageTest(
    `${ROUNDS} rounds: what saved() promised is there, the rest comes by itself, nothing twice (seed ${seed})`,
    async (stage) => {
      const random = new Seeded(seed)
      const checker = new Checker()
      const data = stage.folder()
      // Every entry stays in the log, to be looked at.
      const flags = ['--pace-compact-entries', '10000000', '--pace-compact-bytes', '1GB']
      flags.push('--pace-compact-quiet', '1h')
      await stage.start(flags, { data })
      const proxy = await stage.proxy()
      const entities = [stage.entity(), stage.entity()]
      const scribes = Array.from({ length: 8 }, (_, index) => {
        const entity = entities[index % 2] as string
        const handle = openHandle(stage, proxy.port, entity)
        return new Scribe(`s${index}`, entity, handle, checker, random)
      })
      let writing = true
      const load = (async () => {
        while (writing) {
          random.pick(scribes).edit()
          await pause(3)
        }
      })()
      const look = async (when: string) => {
        for (const entity of entities) {
          const { doc, end } = await seenAnew(stage, entity)
          const ours = new Set(
            scribes.filter((one) => one.entity === entity).map((one) => one.name),
          )
          const belongs = (mark: string) => ours.has(mark.split('-')[0] as string)
          expect(checker.contentFaults(when, marksOf(doc), belongs), `seed ${seed}`).toEqual([])
          await end()
        }
      }
      for (let round = 0; round < ROUNDS; round++) {
        await pause(random.int(100, 600))
        await stage.server.kill()
        proxy.plugInto(null)
        proxy.cut()
        await pause(30)
        await stage.start(flags, { data })
        await look(`the start after round ${round}`)
        proxy.plugInto(stage.port)
      }
      await pause(500)
      writing = false
      await load
      await agreed(scribes, PATIENCE)
      await look('the end')
      expect(scribes.flatMap(({ failures }) => failures)).toEqual([])
      expect(scribes.map(({ handle }) => handle.status.save.is)).toEqual(scribes.map(() => 'saved'))
      expect(checker.acked).toBeGreaterThan(ROUNDS * 20)
      for (const { handle } of scribes) await handle.destroy()
      await stage.server.stop()

      const { log, close } = await openFolder(data)
      for (const entity of entities) {
        const { key } = entityRef(DEFAULT_TENANT, entityId(entity))
        const read = await log.read(key, ORIGIN)
        if (read.is !== 'entries') throw new Error(`the log says ${read.is}`)
        expect(read.entries.length).toBeGreaterThan(ROUNDS)
        expect(doubled(read.entries.map(({ update }) => update))).toEqual([])
      }
      await close()
    },
    { timeout: 4 * 60_000 },
  )
})
