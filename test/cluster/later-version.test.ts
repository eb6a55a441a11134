import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { wrap } from '../../src/bus/envelope.ts'
import type { EntityKey } from '../../src/core/ids.ts'
import { Acks } from '../support/acks.ts'
import type { Cluster, ClusterNode } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { PATIENCE } from '../support/crowd.ts'
import { until } from '../support/deadline.ts'
import { asOfLater, asOfOurs, isLater, LaterNode } from '../support/later-node.ts'
import { NAMES } from '../support/redis-store.ts'
import type { Stage } from '../support/stage.ts'
import type { StockClient } from '../support/stock-clients.ts'

const keyOf = (id: string) => `default/${id}` as EntityKey

const linesIn = (doc: StockClient['doc']) => doc.getArray<string>('lines').toArray()
const linesOf = ({ doc }: StockClient) => linesIn(doc)

async function arrive(node: ClusterNode, stage: Stage, id: string): Promise<StockClient> {
  return stage.stock('3.1.0', id, { door: node.door, deadline: PATIENCE }).synced()
}

/** Resolves when each line, in its turn, was acknowledged. */
async function write(client: StockClient, ...lines: string[]): Promise<void> {
  const acks = new Acks(client)
  for (const line of lines) {
    client.doc.getArray('lines').push([line])
    acks.when(() => {})
    await until(`${line} is acknowledged`, PATIENCE, () => acks.waiting === 0)
  }
}

async function later(cluster: Cluster, stage: Stage, id: string): Promise<LaterNode> {
  const node = await LaterNode.join(cluster.redis.url, id)
  stage.atEnd(() => node.close())
  return node
}

const TOLD = 'entries of a later version are passed over here, and kept'
const timesSaid = (node: ClusterNode, what: string) =>
  node.server.output.filter((line) => line.includes(what)).length

const DUE_SOON = ['--pace-compact-entries', '6', '--pace-compact-quiet', '500ms']
const provoked = /of a later version|is not-understood|is not understood|does not continue/

describe('[H32] beside nodes of a later version', () => {
  clusterTest(
    'entries that are not understood are passed over, told once, and kept; everything else goes on',
    async (cluster, stage) => {
      const node = cluster.node(0)
      const id = stage.entity()
      const client = await arrive(node, stage, id)
      const [newer, other] = [await later(cluster, stage, id), await later(cluster, stage, id)]
      await write(client, ...'abcdefgh')
      await until('what comes before is compacted', PATIENCE, async () => {
        return (await node.metrics()).sum('compactions_total', { result: 'committed' }) > 1
      })
      for (let n = 0; n < 20; n++) {
        await newer.write(`later ${n}`, n % 2 === 0 ? 'bit' : 'version')
        await newer.write(`builds on that ${n}`)
        await other.write(`builds on nothing ${n}`)
        if (n % 5 === 0) await write(client, `ours ${n}`)
      }
      await until('what is understood is there', PATIENCE, () =>
        linesOf(client).includes('builds on nothing 19'),
      )
      expect(client.sockets).toHaveLength(1)
      const metrics = await node.metrics()
      expect(metrics.sum('stored_values_not_understood_total')).toBe(20)
      expect(metrics.sum('stored_values_damaged_total')).toBe(0)
      // A log that somebody writes to all the time would never be healed.
      expect(metrics.sum('heals_total')).toBe(0)
      expect(timesSaid(node, TOLD)).toBe(1)

      // Whoever has them brings them, here as well.
      const mover = stage.stock('2.1.0', id, {
        door: node.door,
        doc: newer.doc,
        deadline: PATIENCE,
      })
      await mover.synced()
      await until('what its client has is there', PATIENCE, () =>
        linesOf(client).includes('later 19'),
      )
      await write(client, ...'ijklmnopq')
      const records = await newer.records()
      expect([...records.values()].filter(isLater)).toHaveLength(20)
      const whole = linesIn(await newer.read()).toSorted()
      expect(whole).toEqual(linesOf(client).toSorted())
      expect(whole).toHaveLength(8 + 20 * 3 + 4 + 9)

      // A cold start of this version serves what it can read, which by now is everything.
      await node.stop()
      await node.start()
      const cold = await arrive(node, stage, id)
      expect(linesOf(cold).toSorted()).toEqual(whole)
      expect(timesSaid(node, TOLD)).toBe(1)
    },
    { nodes: 1, flags: DUE_SOON, provoked, timeout: 120_000 },
  )

  clusterTest(
    'a snapshot of theirs brings what was not understood, to those who are here too',
    async (cluster, stage) => {
      const node = cluster.node(0)
      const id = stage.entity()
      const client = await arrive(node, stage, id)
      const newer = await later(cluster, stage, id)
      await write(client, 'ours')
      await newer.write('later', 'bit')
      await newer.write('gone again', 'version')
      await newer.write('builds on that')
      const before = Y.encodeStateVector(newer.doc)
      newer.doc.getArray('lines').delete(1, 1)
      await newer.append(Y.encodeStateAsUpdate(newer.doc, before))
      await write(client, 'ours as well')
      expect(linesOf(client)).toEqual(['ours', 'ours as well'])
      await newer.compact()
      await until('all of it is here', PATIENCE, () => linesOf(client).length === 4)
      expect(linesOf(client)).not.toContain('gone again')
      expect(client.sockets).toHaveLength(1)
      await newer.write('understood')
      await until('what builds on that is, too', PATIENCE, () =>
        linesOf(client).includes('understood'),
      )
      await write(client, 'ours at last')
      const cold = await arrive(node, stage, id)
      expect(linesOf(cold)).toEqual(linesOf(client))
      expect(linesIn(await newer.read())).toEqual(linesOf(client))
    },
    { nodes: 1, provoked, timeout: 60_000 },
  )

  clusterTest(
    'a snapshot that is not understood is neither replaced nor trimmed by, and never an empty entity',
    async (cluster, stage) => {
      const node = cluster.node(0)
      const { client: redis } = cluster.redis
      const id = stage.entity()
      const newer = await later(cluster, stage, id)
      const first = await arrive(node, stage, id)
      await write(first, ...'abcdefghijklmno')
      const { snapshots } = NAMES.keys(keyOf(id))
      await until('both generations are there', PATIENCE, async () => {
        return (await redis.hlen(snapshots)) === 2
      })
      first.end()
      await node.stop()
      const both = await redis.hgetallBuffer(snapshots)
      const put = async (fields: readonly string[], as: (record: Buffer) => Buffer) => {
        for (const field of fields) await redis.hset(snapshots, field, as(both[field] as Buffer))
      }

      // The newest: the older one and the log behind it are enough.
      await put(['n'], (record) => asOfLater(record, 'bit'))
      const newest = await redis.hgetBuffer(snapshots, 'n')
      await node.start()
      const second = await arrive(node, stage, id)
      expect(linesOf(second)).toEqual([...'abcdefghijklmno'])
      await write(second, ...'pqrstuvwxyz')
      await until('a compaction leaves it', PATIENCE, async () => {
        return (await node.metrics()).sum('compactions_total', { result: 'stale' }) > 0
      })
      expect(await redis.hgetBuffer(snapshots, 'n')).toEqual(newest)
      expect((await node.metrics()).sum('stored_values_not_understood_total')).toBe(1)
      second.end()
      await node.stop()

      // Both: nobody is told anything, least of all that there is nothing.
      await put(['n', 'o'], (record) => asOfLater(record, 'version'))
      await node.start()
      const third = stage.stock('3.1.0', id, { door: node.door, deadline: PATIENCE })
      await until('it is refused', PATIENCE, () =>
        third.sockets.some(({ closedWith }) => closedWith === 1011),
      )
      expect([third.provider.synced, third.sockets[0]?.framesIn]).toEqual([false, 0])
      const elsewhere = await arrive(node, stage, stage.entity())
      await write(elsewhere, 'others are served')

      // Its nodes go on with them, and the client is back by itself.
      await put(['n', 'o'], asOfOurs)
      await third.synced()
      expect(linesOf(third)).toEqual([...'abcdefghijklmnopqrstuvwxyz'])
      expect(linesIn(await newer.read())).toEqual(linesOf(third))
    },
    { nodes: 1, flags: DUE_SOON, provoked, timeout: 120_000 },
  )

  clusterTest(
    'a log whose meta is not understood is left as it is; other entities are served',
    async (cluster, stage) => {
      const node = cluster.node(0)
      const { client: redis } = cluster.redis
      const id = stage.entity()
      const first = await arrive(node, stage, id)
      await write(first, 'before')
      first.end()
      await node.stop()
      const { meta, stream } = NAMES.keys(keyOf(id))
      const was = (await redis.get(meta)) ?? ''
      const entries = await redis.xrangeBuffer(stream, '-', '+')
      const newer = `2${was.slice(1)} something-new`
      await redis.set(meta, newer)
      await node.start()
      const second = stage.stock('3.1.0', id, { door: node.door, deadline: PATIENCE })
      second.doc.getArray('lines').push(['while it is not understood'])
      await until('it is refused', PATIENCE, () =>
        second.sockets.some(({ closedWith }) => closedWith !== null),
      )
      expect([second.provider.synced, second.sockets[0]?.framesIn]).toEqual([false, 0])
      await write(await arrive(node, stage, stage.entity()), 'others are served')
      expect(await redis.get(meta)).toBe(newer)
      expect(await redis.xrangeBuffer(stream, '-', '+')).toEqual(entries)

      await redis.set(meta, was)
      await second.synced()
      await until('both are there', PATIENCE, () => linesOf(second).length === 2)
    },
    { nodes: 1, provoked, timeout: 120_000 },
  )

  clusterTest(
    'news and messages of kinds that are not known are passed over',
    async (cluster, stage) => {
      const id = stage.entity()
      const [one, two] = await Promise.all(cluster.nodes.map((node) => arrive(node, stage, id)))
      const channel = NAMES.channel(keyOf(id))
      const said = [
        'X 0.a:1:0000000000000000 0.a:2:0000000000000000\nwhat is this',
        'E 0.a:1:0000000000000000 0.a:2:0000000000000000 and:more\n',
        'E\n',
        '',
        Buffer.from([0, 1, 2, 3, 255]),
        Buffer.from([2, 4, ...Buffer.from('node'), 4, ...Buffer.from('kind')]),
        wrap('later-node', 'a-kind-of-tomorrow', Buffer.from('x')),
        wrap('later-node', 'tidings', Buffer.from([255, 255, 255])),
      ]
      for (const message of said) {
        for (const name of [channel, NAMES.nodesChannel]) {
          await cluster.redis.client.publish(name, message)
        }
      }
      for (const client of [one, two] as StockClient[]) {
        client.awareness.setLocalState({ name: client.doc.clientID })
        await write(client, `of ${client.doc.clientID}`)
      }
      await until('both have both', PATIENCE, () =>
        [one, two].every(
          (client) =>
            client !== undefined && linesOf(client).length === 2 && client.present.length === 2,
        ),
      )
      expect([one, two].map((client) => client?.sockets.length)).toEqual([1, 1])
      const heals = cluster.nodes.map(async (node) => (await node.metrics()).sum('heals_total'))
      expect(await Promise.all(heals)).toEqual([0, 0])
    },
    { nodes: 2, timeout: 60_000 },
  )
})
