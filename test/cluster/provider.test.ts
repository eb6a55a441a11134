import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { Checker, equalityFaults } from '../support/checker.ts'
import { DURABLE } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { coldRead } from '../support/cold-read.ts'
import { until } from '../support/deadline.ts'
import { agreed, marksOf, openHandle, Scribe } from '../support/provider-crowd.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()
const ROUNDS = 4
const PATIENCE = 30_000

describe('[U35] our own provider on two nodes', () => {
  clusterTest(
    `either is killed in turn: what saved() promised is in Redis, all agree (seed ${seed})`,
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
        await pause(random.int(300, 1_000))
        const [dead, other] = [cluster.node(round), cluster.node(round + 1)]
        await dead.kill()
        await look(`round ${round}`)
        dead.sendClientsTo(other)
        await pause(500)
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
    },
    { nodes: 2, redisOptions: DURABLE, timeout: 2 * 60_000 },
  )
})
