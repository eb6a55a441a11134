import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { type Cluster, DURABLE } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { Crowd, IN_SYNC_MS, PATIENCE } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import { MOST_MEMORY } from '../support/kill-rounds.ts'
import { seedOfRun } from '../support/seeded.ts'

const seed = seedOfRun()
const load = { clients: 8, entities: 2, updatesPerSecond: 100, seed }
const options = { redisOptions: DURABLE, timeout: 120_000, concurrent: true }
const AWAY_MS = 20_000
/** Longer than a node may take to notice that nothing comes any more. */
const DARK_MS = 12_000

/** Acknowledgements that were on their way have arrived: none comes any more. */
async function whenSilent(crowd: Crowd): Promise<number> {
  let acked: number
  do {
    acked = crowd.checker.acked
    await pause(700)
  } while (crowd.checker.acked > acked)
  return acked
}

/** And all on the sockets that they have had from the beginning. */
async function backAndWhole(cluster: Cluster, crowd: Crowd): Promise<void> {
  await Promise.all(cluster.nodes.map((node) => node.ready()))
  await crowd.synced()
  await crowd.acknowledged()
  await crowd.settle(IN_SYNC_MS)
  expect(cluster.resident, '[C7]').toBeLessThan(MOST_MEMORY)
  const sockets = crowd.authors.map(({ client }) => client.sockets.length)
  expect(sockets, 'sockets that each has had').toEqual(sockets.map(() => 1))
  await cluster.lookAtTheEnd(crowd)
}

describe('Redis away and back', () => {
  clusterTest(
    `[T3] Hocuspocus, Redis away for 20 s: nobody is told "saved", nobody sent away, all agree afterwards (seed ${seed})`,
    async (cluster, stage) => {
      const crowd = await Crowd.gather(stage, load, ...cluster.ports)
      await crowd.acknowledged()
      const before = crowd.checker.written
      await cluster.redis.kill()
      const acked = await whenSilent(crowd)
      await pause(AWAY_MS - 700)
      expect(crowd.checker.acked, 'told that they are safe').toBe(acked)
      expect(crowd.checker.written, 'they go on').toBeGreaterThan(before + 100)
      for (const { server } of cluster.nodes) {
        const answer = await fetch(`${server.url}/readyz`)
        expect(answer.status, 'ready without Redis').toBe(503)
        await answer.body?.cancel()
      }
      await cluster.redis.restart()
      await backAndWhole(cluster, crowd)
    },
    options,
  )

  clusterTest(
    '[T3] Hocuspocus, Redis down and the last client leaves: what it did is stored when Redis is back',
    async (cluster, stage) => {
      const id = stage.entity()
      const { door } = cluster.node(0)
      const client = await stage.stock('3.1.0', id, { door }).synced()
      client.doc.getArray('lines').push(['before'])
      const raw = await stage.raw(id, { door: cluster.node(1).door })
      await until('it is there', PATIENCE, async () => {
        const doc = await raw.join()
        return doc.getArray('lines').length === 1
      })
      await raw.settled()
      await raw.close()
      await cluster.redis.kill()
      client.doc.getArray('lines').push(['while it was down'])
      const { server } = cluster.node(0)
      const pending = async () => (await cluster.node(0).metrics()).sum('pending_bytes')
      await until('it waits', PATIENCE, async () => (await pending()) > 0)
      client.end()
      await until('everybody has left', PATIENCE, async () =>
        cluster
          .node(0)
          .metrics()
          .then((metrics) => metrics.sum('sessions') === 0),
      )
      // Longer than an entity without sessions stays open.
      await pause(2_000)
      expect(await pending(), 'it is kept').toBeGreaterThan(0)
      await cluster.redis.restart()
      await until('it is stored', PATIENCE, async () => (await pending()) === 0)
      await server.kill()
      const late = await stage.stock('1.5.4', id, { door: cluster.node(1).door }).synced()
      expect(late.doc.getArray('lines').toJSON()).toEqual(['before', 'while it was down'])
    },
    { ...options, flags: ['--pace-idle', '500ms'] },
  )

  clusterTest(
    '[T3] Hocuspocus hangs at its end while a store fails: a node without Redis ends within 10 s',
    async (cluster, stage) => {
      const { door, server } = cluster.node(0)
      const client = await stage.stock('3.1.0', stage.entity(), { door }).synced()
      await cluster.redis.kill()
      client.doc.getArray('lines').push(['cannot be stored'])
      await until('it waits', PATIENCE, async () => {
        const metrics = await cluster.node(0).metrics()
        return metrics.sum('pending_bytes') > 0
      })
      // Its own deadline is that of the promise.
      await server.stop()
      expect(server.output.join('\n')).toMatch(/could not be made durable/)
      await cluster.redis.restart()
    },
    options,
  )

  clusterTest(
    `[T3] one node's way is half-open: its clients go on unsaved, the others saved (seed ${seed})`,
    async (cluster, stage) => {
      const crowd = await Crowd.gather(stage, load, ...cluster.ports)
      await crowd.acknowledged()
      const [cutOff] = cluster.nodes
      const its = crowd.authors.filter((_, n) => Math.floor(n / load.entities) % 2 === 0)
      cutOff?.back.goDark()
      await pause(1_000)
      const waiting = its.map(({ acks }) => acks.waiting)
      const acked = crowd.checker.acked
      await pause(DARK_MS)
      for (const [n, { name, acks }] of its.entries()) {
        expect(acks.waiting, `${name} is told nothing`).toBeGreaterThan(waiting[n] as number)
      }
      expect(crowd.checker.acked, 'the others are').toBeGreaterThan(acked)
      cutOff?.back.comeBack()
      await backAndWhole(cluster, crowd)
    },
    options,
  )
})
