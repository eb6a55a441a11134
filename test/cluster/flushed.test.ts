import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import type * as Y from 'yjs'
import { key } from '../contract/store.ts'
import { areEqual } from '../support/checker.ts'
import type { Cluster, ClusterNode } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { coldRead } from '../support/cold-read.ts'
import { until } from '../support/deadline.ts'
import { keptCopy } from '../support/redis-store.ts'
import type { Stage } from '../support/stage.ts'
import type { StockClient } from '../support/stock-clients.ts'

/** [C6] So long after it was lost it is there again; what this machine needs to look comes on top. */
const HEALED_MS = 6_000
const LOOKING_MS = 4_000

const clientOf = (stage: Stage, node: ClusterNode, id: string): Promise<StockClient> =>
  stage.stock('3.1.0', id, { door: node.door }).synced()

async function write(client: StockClient, words: string): Promise<void> {
  for (const letter of words) {
    client.doc.getText('text').insert(client.doc.getText('text').length, letter)
    await pause(5)
  }
}

const stored = (what: string, { redis }: Cluster, id: string, doc: Y.Doc, ms: number) =>
  until(
    what,
    ms,
    async () => {
      const cold = await coldRead(redis.url, id)
      return cold !== null && areEqual([cold, doc])
    },
    100,
  )

const flush = async ({ redis }: Cluster): Promise<void> => {
  // In one: a worker that looks for jobs makes a key a moment later.
  const [, size] = (await redis.client.multi().flushall().dbsize().exec()) ?? []
  expect(size).toEqual([null, 0])
}

describe('FLUSHALL alone, and no connection is broken', () => {
  clusterTest(
    '[L64] [L70] [L71] [L82] all of it is back: without a further write, of an author who has left, deletes',
    async (cluster, stage) => {
      const [one, two] = [cluster.node(0), cluster.node(1)]
      const [quiet, left, cut] = [stage.entity(), stage.entity(), stage.entity()]
      const ann = await clientOf(stage, one, quiet)
      const bob = await clientOf(stage, two, quiet)
      const carl = await clientOf(stage, one, left)
      const dora = await clientOf(stage, one, cut)
      const eve = await clientOf(stage, two, cut)
      await write(ann, 'ann was here')
      await write(bob, ', and bob')
      await write(carl, 'nobody looks at this')
      await write(dora, 'half of this goes')
      await until('it has come', stage.deadline, () => eve.doc.getText('text').length === 17)
      dora.doc.getText('text').delete(0, 8)
      eve.doc.getText('text').delete(0, 1)
      await until('they agree', stage.deadline, () => areEqual([dora.doc, eve.doc]))
      await until('they agree', stage.deadline, () => areEqual([ann.doc, bob.doc]))
      for (const [id, { doc }] of [
        [quiet, ann],
        [left, carl],
        [cut, dora],
      ] as const) {
        await stored(`${id} is in Redis`, cluster, id, doc, stage.deadline)
      }
      carl.die()
      // Long enough for a node to let go of what nobody has open, were it not for what it holds.
      await pause(3_000)
      await flush(cluster)
      const since = performance.now()
      const most = () => HEALED_MS + LOOKING_MS - (performance.now() - since)
      for (const [id, { doc }] of [
        [quiet, ann],
        [left, carl],
        [cut, dora],
      ] as const) {
        await stored(`${id} is back`, cluster, id, doc, most())
      }
      for (const { sockets } of [ann, bob, dora, eve]) {
        expect(sockets.map(({ closedWith }) => closedWith)).toEqual([null])
      }
      await write(bob, '!')
      await until('they go on', stage.deadline, () => areEqual([ann.doc, bob.doc]))
      await stored('and so does Redis', cluster, quiet, bob.doc, stage.deadline)
      const healed = await Promise.all(
        cluster.nodes.map(async (node) =>
          (await node.metrics()).sum('heals_total', { result: 'appended' }),
        ),
      )
      expect(healed.reduce((all, one) => all + one)).toBeGreaterThanOrEqual(3)
    },
    { flags: ['--pace-idle', '1s'] },
  )

  clusterTest(
    '[L85] who comes next over another node is not told that it is empty',
    async (cluster, stage) => {
      const id = stage.entity()
      const ann = await clientOf(stage, cluster.node(0), id)
      await write(ann, 'still here')
      await stored('it is in Redis', cluster, id, ann.doc, stage.deadline)
      await flush(cluster)
      const bob = stage.stock('3.1.0', id, { door: cluster.node(1).door })
      let seen: string | null = null
      bob.onFrame = (direction, [type, kind]) => {
        if (direction !== 'in' || type !== 0 || kind !== 1 || seen !== null) return
        queueMicrotask(() => {
          seen = bob.doc.getText('text').toString()
        })
      }
      await bob.synced()
      expect(seen).toBe('still here')
    },
  )

  clusterTest(
    '[L75] what was in Redis alone is brought back by the only client that has it open',
    async (cluster, stage) => {
      const id = stage.entity()
      const author = await clientOf(stage, cluster.node(0), id)
      await write(author, 'this is in a snapshot soon')
      author.doc.getText('text').delete(0, 5)
      await until(
        'it is compacted',
        stage.deadline,
        async () => {
          const read = await coldRead(cluster.redis.url, id)
          const { snapshots } = await kept(cluster, id)
          return read !== null && snapshots > 0 && areEqual([read, author.doc])
        },
        100,
      )
      author.die()
      // Another node, on which nobody has ever written it.
      const reader = await clientOf(stage, cluster.node(1), id)
      await cluster.node(0).kill()
      await pause(500)
      await flush(cluster)
      await stored('it is back', cluster, id, reader.doc, HEALED_MS + LOOKING_MS)
      expect(reader.doc.getText('text').toString()).toBe('is in a snapshot soon')
      expect(reader.sockets.map(({ closedWith }) => closedWith)).toEqual([null])
    },
    {
      flags: [
        '--pace-cache-bytes',
        '1',
        '--pace-compact-entries',
        '3',
        '--pace-compact-quiet',
        '1s',
      ],
    },
  )
})

describe('a log that has lost its end, and no connection is broken', () => {
  clusterTest(
    '[L71] of which that was a delete alone: it is there again, with its author and without',
    async (cluster, stage) => {
      const [one, two] = [cluster.node(0), cluster.node(1)]
      const [left, open] = [stage.entity(), stage.entity()]
      const carl = await clientOf(stage, one, left)
      const dora = await clientOf(stage, one, open)
      const eve = await clientOf(stage, two, open)
      for (const { doc } of [carl, dora]) doc.getText('text').insert(0, 'half of this goes')
      await until('it has come', stage.deadline, () => eve.doc.getText('text').length === 17)
      const both = [
        [left, carl],
        [open, dora],
      ] as const
      const putBack: (() => Promise<void>)[] = []
      for (const [id, { doc }] of both) {
        await stored(`${id} is in Redis`, cluster, id, doc, stage.deadline)
        putBack.push(await keptCopy(cluster.redis.client, key(id)))
      }
      for (const [id, { doc }] of both) {
        doc.getText('text').delete(0, 8)
        await stored(`the delete of ${id} is`, cluster, id, doc, stage.deadline)
      }
      carl.die()
      const healed = async () => {
        const metrics = await Promise.all([one.metrics(), two.metrics()])
        return metrics.reduce((sum, of) => sum + of.sum('heals_total', { result: 'appended' }), 0)
      }
      const before = await healed()
      // As after a failover to a replica that lacks the newest entry: state vectors are equal.
      for (const back of putBack) await back()
      for (const [id, { doc }] of both) {
        await stored(`the delete of ${id} is back`, cluster, id, doc, HEALED_MS + LOOKING_MS)
      }
      // It had been lost: else nobody would have had to append it.
      await until('both are healed', stage.deadline, async () => (await healed()) >= before + 2)
      for (const { doc, sockets } of [dora, eve]) {
        expect(doc.getText('text').toString()).toBe('this goes')
        expect(sockets.map(({ closedWith }) => closedWith)).toEqual([null])
      }
    },
  )
})

async function kept({ redis }: Cluster, id: string): Promise<{ snapshots: number }> {
  const keys = await redis.client.keys(`*${id}`)
  const types = await Promise.all(keys.map((key) => redis.client.type(key)))
  return { snapshots: types.filter((type) => type === 'hash').length }
}
