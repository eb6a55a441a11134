import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { DURABLE } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { Crowd } from '../support/crowd.ts'
import { MOST_MEMORY } from '../support/kill-rounds.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()
const ROUNDS = 5

describe('kill -9 of a node under load', () => {
  clusterTest(
    `[L54] ${ROUNDS} rounds: its clients go to another node, C1 to C8 hold (seed ${seed})`,
    async (cluster, stage) => {
      const random = new Seeded(seed)
      const load = { clients: 18, entities: 3, updatesPerSecond: 300, seed }
      const crowd = await Crowd.gather(stage, load, ...cluster.ports)
      for (let round = 0; round < ROUNDS; round++) {
        await pause(random.int(200, 1_500))
        expect(cluster.resident, `[C7] memory in round ${round}`).toBeLessThan(MOST_MEMORY)
        const dead = random.pick(cluster.nodes)
        await dead.kill()
        // What the dead node had acknowledged is in Redis, whoever else is there.
        await cluster.look(crowd, `round ${round}`)
        dead.sendClientsTo(random.pick(cluster.nodes.filter((node) => node !== dead)))
        await crowd.synced()
        await crowd.acknowledged()
        await dead.start()
        // Half of them come home by and by.
        if (random.chance(0.5)) dead.front.cut()
        await crowd.synced()
      }
      await crowd.settle()
      await cluster.lookAtTheEnd(crowd)
      expect(crowd.checker.written).toBeGreaterThan(500)
      expect(crowd.checker.acked).toBeGreaterThan(crowd.checker.written / 2)
    },
    {
      nodes: 3,
      redisOptions: DURABLE,
      flags: ['--pace-compact-entries', '50'],
      timeout: 3 * 60_000,
    },
  )
})
