import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { DURABLE } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { Crowd } from '../support/crowd.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()
const ROUNDS = 4

describe('kill -9 of Redis under load', () => {
  clusterTest(
    `[T2] ${ROUNDS} rounds, its append-only file on the disk: nothing that was acknowledged is lost (seed ${seed})`,
    async (cluster, stage) => {
      const random = new Seeded(seed)
      const load = { clients: 12, entities: 3, updatesPerSecond: 300, seed }
      const crowd = await Crowd.gather(stage, load, ...cluster.ports)
      for (let round = 0; round < ROUNDS; round++) {
        await crowd.acknowledged()
        await pause(random.int(100, 1_000))
        await cluster.redis.kill()
        // Acknowledgements that were on their way arrive still.
        await pause(random.int(50, 1_500))
        await cluster.redis.restart()
        await cluster.look(crowd, `round ${round}`)
      }
      await crowd.acknowledged()
      await crowd.settle()
      const sockets = crowd.authors.map(({ client }) => client.sockets.length)
      expect(sockets, 'sockets that each has had').toEqual(sockets.map(() => 1))
      // At last nodes and Redis at once: nobody is left who could bring anything back.
      await cluster.redis.kill()
      await Promise.all(cluster.nodes.map((node) => node.kill()))
      await cluster.redis.restart()
      await cluster.look(crowd, 'the end', crowd.authors)
      expect(crowd.checker.acked).toBeGreaterThan(300)
    },
    { redisOptions: DURABLE, flags: ['--pace-compact-entries', '50'], timeout: 3 * 60_000 },
  )
})
