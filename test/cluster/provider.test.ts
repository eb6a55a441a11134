import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { DEFAULT_TENANT, entityId, entityRef } from '../../src/core/ids.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { Checker, equalityFaults } from '../support/checker.ts'
import { DURABLE } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { coldRead } from '../support/cold-read.ts'
import { until } from '../support/deadline.ts'
import { agreed, doubled, marksOf, openHandle, Scribe } from '../support/provider-crowd.ts'
import { openNode } from '../support/redis-store.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()
const ROUNDS = 8
const PATIENCE = 30_000
/** Every entry stays in the log, to be looked at. */
const UNCOMPACTED = [
  ...['--pace-compact-entries', '10000000', '--pace-compact-bytes', '1GB'],
  ...['--pace-compact-quiet', '1h'],
]

describe('[U35] our own provider on two nodes', () => {
  clusterTest(
    `either is killed in turn: what saved() promised is in Redis, all agree, nothing is there twice (seed ${seed})`,
    async (cluster, stage) => {
      const random = new Seeded(seed)
      const checker = new Checker()
      const entity = stage.entity()
      const scribes = Array.from({ length: 6 }, (_, index) => {
        const handle = openHandle(stage, cluster.node(index).port, entity)
        return new Scribe(`s${index}`, entity, handle, checker, random)
      })
      let writing = true
      const load = (async () => {
        while (writing) {
          random.pick(scribes).edit()
          await pause(5)
        }
      })()
      const look = async (when: string) => {
        const told = checker.told()
        const doc = await coldRead(cluster.redis.url, entity)
        if (doc === null) throw new Error(`nobody can read it at ${when}`)
        expect(checker.contentFaults(when, marksOf(doc), () => true, told)).toEqual([])
        return doc
      }
      for (let round = 0; round < ROUNDS; round++) {
        await pause(random.int(100, 500))
        // On a busy machine they are not even back by now.
        const before = checker.acked
        await until('something is saved', PATIENCE, () => checker.acked > before)
        const [dead, other] = [cluster.node(round), cluster.node(round + 1)]
        await dead.kill()
        await look(`round ${round}`)
        dead.sendClientsTo(other)
        await pause(200)
        await dead.start()
      }
      writing = false
      await load
      await agreed(scribes, PATIENCE)
      const isTold = () => scribes.every(({ handle }) => handle.status.save.is === 'saved')
      await until('all say so', PATIENCE, isTold)
      const doc = await look('the end')
      const first = scribes[0]?.handle.doc ?? doc
      expect(
        equalityFaults([
          { name: 'Redis', doc },
          { name: 'a copy', doc: first },
        ]),
      ).toEqual([])
      expect(scribes.flatMap(({ failures }) => failures)).toEqual([])
      expect(scribes[0]?.handle.status.tier).toBe('disk')
      expect(checker.acked).toBeGreaterThan(200)

      const { log, close } = await openNode(cluster.redis.url)
      const read = await log.read(entityRef(DEFAULT_TENANT, entityId(entity)).key, ORIGIN)
      await close()
      if (read.is !== 'entries') throw new Error(`the log says ${read.is}`)
      expect(read.entries.length).toBeGreaterThan(ROUNDS)
      expect(doubled(read.entries.map(({ update }) => update))).toEqual([])
    },
    { nodes: 2, flags: UNCOMPACTED, redisOptions: DURABLE, timeout: 2 * 60_000 },
  )
})
