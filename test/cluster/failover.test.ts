import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { Cluster, DURABLE } from '../support/cluster.ts'
import { Crowd, PATIENCE } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { seedOfRun } from '../support/seeded.ts'
import { startSentinels } from '../support/sentinel.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'

const seed = seedOfRun()
const load = { clients: 12, entities: 3, updatesPerSecond: 200, seed }
const timeout = 3 * 60_000
const flags = ['--pace-compact-entries', '40']

/** [C6] What was lost is there again so many ms after the nodes are ready. */
const HEALED_MS = 6_000

async function entriesOf(server: RedisServer): Promise<number> {
  const info = await server.client.info('replication')
  return Number(/^(?:slave_repl_offset|master_repl_offset):(\d+)/m.exec(info)?.[1] ?? 0)
}

/** The master's link to its replica stands and brings nothing more: the replica lags and does not know. */
async function cutOff(wire: TcpProxy, master: RedisServer): Promise<void> {
  await until('the wire of the replica is found', PATIENCE, async () => {
    const list = String(await master.client.call('CLIENT', 'LIST', 'TYPE', 'replica'))
    return wire.freezeFrom(Number(/\baddr=[\d.]+:(\d+)/.exec(list)?.[1]))
  })
}

/** Until so much has been acknowledged that the replica does not have. */
async function lag(crowd: Crowd, replica: RedisServer, master: RedisServer): Promise<void> {
  const { acked } = crowd.checker
  await until('the replica lags', PATIENCE, async () => {
    const behind = (await entriesOf(master)) - (await entriesOf(replica))
    return behind > 20_000 && crowd.checker.acked > acked + 100
  })
}

async function backAndWhole(cluster: Cluster, crowd: Crowd): Promise<void> {
  await Promise.all(cluster.nodes.map((node) => node.ready()))
  await crowd.synced()
  await cluster.look(crowd, 'the failover', [], HEALED_MS)
  crowd.goOn()
  await crowd.acknowledged()
  await crowd.settle()
  const sockets = crowd.authors.map(({ client }) => client.sockets.length)
  expect(sockets, 'sockets that each has had').toEqual(sockets.map(() => 1))
  await cluster.look(crowd, 'peace', crowd.authors, HEALED_MS)
  await cluster.lookAtTheEnd(crowd)
}

/** A master behind a wire, a replica, Sentinels, three nodes that ask those, and a crowd. */
async function bySentinel(stage: Stage) {
  let wire: TcpProxy | undefined
  const group = await startSentinels({
    args: DURABLE,
    wireTo: async (port) => {
      wire = await stage.proxy(port)
      return wire.port
    },
  })
  stage.atEnd(() => group.stop())
  const [master, replica] = group.servers as [RedisServer, RedisServer]
  const options = { nodes: 3, redis: master, redisFlags: group.flags, flags }
  const cluster = await Cluster.start(stage, options)
  const crowd = await Crowd.gather(stage, load, ...cluster.ports)
  await crowd.acknowledged()
  return { group, wire: wire as TcpProxy, master, replica, cluster, crowd }
}

describe('a failover by Sentinel to a replica that lags', () => {
  for (const how of ['under load', 'at rest'] as const) {
    ownStageTest(
      `[L70] Centrifugo was deaf behind it, others lose what the replica lacks: here 0 of what was acknowledged, ${how} (seed ${seed})`,
      async (stage) => {
        const { group, wire, master, replica, cluster, crowd } = await bySentinel(stage)
        await cutOff(wire, master)
        await lag(crowd, replica, master)
        if (how === 'at rest') await crowd.settle()
        await master.kill()
        wire.plugInto(null)
        wire.cut()
        expect(await group.failedOver(master)).toBe(replica)
        cluster.redis = replica
        await backAndWhole(cluster, crowd)
      },
      { timeout, concurrent: true },
    )
  }
})

describe('a split brain', () => {
  ownStageTest(
    `[L70] the old master goes on taking writes of one node: all of them are appended to the new one (seed ${seed})`,
    async (stage) => {
      const [one, two] = (await Promise.all([
        startRedis([...DURABLE]),
        startRedis([...DURABLE]),
      ])) as [RedisServer, RedisServer]
      for (const server of [one, two]) stage.atEnd(() => server.stop())
      const wire = await stage.proxy(one.port)
      await two.client.call('REPLICAOF', '127.0.0.1', wire.port)
      await until('it follows', PATIENCE, async () =>
        (await two.client.info('replication')).includes('master_link_status:up'),
      )
      const cluster = await Cluster.start(stage, { nodes: 3, redis: one, flags })
      const crowd = await Crowd.gather(stage, load, ...cluster.ports)
      await crowd.acknowledged()
      await cutOff(wire, one)
      await lag(crowd, two, one)
      await two.client.call('REPLICAOF', 'NO', 'ONE')
      const [left, ...moved] = cluster.nodes
      for (const { back } of moved) {
        back.plugInto(two.port)
        back.cut()
      }
      await Promise.all(moved.map((node) => node.ready()))
      const before = await entriesOf(one)
      await pause(8_000)
      await crowd.acknowledged()
      expect(await entriesOf(one)).toBeGreaterThan(before)
      // Both sides have acknowledged ever since, and neither has what the other has.
      await one.kill()
      left?.back.plugInto(two.port)
      left?.back.cut()
      cluster.redis = two
      await backAndWhole(cluster, crowd)
    },
    { timeout, concurrent: true },
  )
})
