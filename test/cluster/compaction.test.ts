import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { WebSocket } from 'ws'
import type * as Y from 'yjs'
import { key } from '../contract/store.ts'
import { Acks } from '../support/acks.ts'
import type { Cluster, ClusterNode } from '../support/cluster.ts'
import { clusterTest } from '../support/cluster-test.ts'
import { until } from '../support/deadline.ts'
import { type Readyz, readyzWhen } from '../support/readiness.ts'
import { NAMES } from '../support/redis-store.ts'
import type { Stage } from '../support/stage.ts'
import type { StockClient } from '../support/stock-clients.ts'

const roles =
  (...each: readonly string[]) =>
  (n: number) => ({ TRIBUTARY_ROLE: each[n] as string })
/** In the place of 15 s. */
const TAKEOVER = ['--pace-takeover', '2s']
/** Due when most of `writeMuch` is there, and not before. */
const ONCE = ['--pace-compact-bytes', '3MB', '--pace-compact-quiet', '10m']

const committed = async (node: ClusterNode) =>
  (await node.metrics()).sum('compactions_total', { result: 'committed' })
const adopted = async (node: ClusterNode) => (await node.metrics()).sum('adoptions_total')
const entriesOf = (cluster: Cluster, id: string) =>
  cluster.redis.client.xlen(NAMES.keys(key(id)).stream)

const jobsOf = (cluster: Cluster) => cluster.redis.client.xlen(NAMES.jobs.stream)

/** Everything that this client did is durable. */
const durable = (client: StockClient): Promise<void> =>
  new Promise((resolve) => new Acks(client).when(resolve))

/** What a node has that was not there before: `worker`s are asked nothing, so it is an edge. */
async function readAt(stage: Stage, node: ClusterNode, id: string): Promise<Y.Doc> {
  const { doc } = await stage.stock('3.1.0', id, { door: node.door }).synced()
  return doc
}

/** The compaction of so much takes long enough to be met in the middle. */
async function writeMuch(client: StockClient, letter: string): Promise<void> {
  for (let i = 0; i < 40; i++) {
    client.doc.getText(letter).insert(0, letter.repeat(100_000))
    await pause(5)
  }
  await durable(client)
}

/** Resolves as soon as a worker has a job. */
const isAtWork = (cluster: Cluster) =>
  until(
    'a worker is at work',
    20_000,
    async () => {
      const { stream } = NAMES.jobs
      const [pending] = await cluster.redis.client.xpending(stream, 'workers').catch(() => [0])
      return Number(pending) > 0
    },
    1,
  )

describe('compaction in a cluster', () => {
  clusterTest(
    '[J7] [J8] 600 edits on two edges: a worker compacts them, edges let go of their tails, the stream ends empty',
    async (cluster, stage) => {
      const [one, two, worker] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode]
      const id = stage.entity()
      const clients = await Promise.all(
        [one, two].map(({ door }) => stage.stock('3.1.0', id, { door }).synced()),
      )
      for (let edit = 0; edit < 300; edit++) {
        for (const [n, { doc }] of clients.entries()) doc.getArray(`by ${n}`).push([edit])
        await pause(4)
      }
      await Promise.all(clients.map(durable))
      await until('it has been compacted', 20_000, async () => (await committed(worker)) > 1, 100)
      for (const edge of [one, two]) {
        expect(await committed(edge), 'an edge does no work').toBe(0)
        await until('an edge begins from there', 20_000, async () => (await adopted(edge)) > 0, 100)
      }
      // Quiet for a second it is compacted, for another it comes to rest.
      await until('nothing is left', 30_000, async () => (await entriesOf(cluster, id)) === 0, 100)
      expect(await cluster.redis.client.exists(NAMES.keys(key(id)).dirty)).toBe(0)
      await until('no job is left', 20_000, async () => (await jobsOf(cluster)) === 0, 50)
      const doc = await readAt(stage, two, id)
      for (const name of ['by 0', 'by 1']) expect(doc.getArray(name).length).toBe(300)

      const refused = new WebSocket(`ws://127.0.0.1:${worker.port}/sync/${id}`)
      const status = await new Promise((resolve) => {
        refused.on('error', () => {})
        refused.on('unexpected-response', (request, response) => {
          resolve(response.statusCode)
          request.destroy()
        })
      })
      expect(status).toBe(503)
      for (const path of ['/healthz', '/readyz', '/metrics']) {
        expect((await fetch(`${worker.server.url}${path}`)).status).toBe(200)
      }
    },
    {
      nodes: 3,
      envOf: roles('edge', 'edge', 'worker'),
      flags: [
        ...['--pace-compact-entries', '20', '--pace-compact-quiet', '1s'],
        ...['--pace-tick', '2ms', '--pace-tick-max', '20ms'],
      ],
      timeout: 180_000,
    },
  )

  clusterTest(
    '[J3] the job of a worker that was killed in the middle of it is done by another',
    async (cluster, stage) => {
      const [edge, first, second] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode]
      await second.stop()
      const id = stage.entity()
      const client = await stage.stock('3.1.0', id, { door: edge.door }).synced()
      // A fast machine would be done with it before anybody has looked.
      first.back.delay(300)
      const written = writeMuch(client, 'a')
      await isAtWork(cluster)
      await first.kill()
      await written
      expect(await cluster.redis.client.exists(NAMES.keys(key(id)).snapshots)).toBe(0)
      await second.start()
      const since = performance.now()
      await until('another does it', 20_000, async () => (await committed(second)) > 0, 50)
      console.log(`taken over after ${((performance.now() - since) / 1_000).toFixed(1)} s`)
      expect((await readAt(stage, edge, id)).getText('a').length).toBe(4_000_000)
    },
    {
      nodes: 3,
      envOf: roles('edge', 'worker', 'worker'),
      flags: [...TAKEOVER, ...ONCE],
      timeout: 180_000,
    },
  )

  clusterTest(
    '[J12] a worker that stands still in the middle of a job and goes on harms nothing',
    async (cluster, stage) => {
      const [edge, still, other] = cluster.nodes as [ClusterNode, ClusterNode, ClusterNode]
      await other.stop()
      const id = stage.entity()
      const { snapshots } = NAMES.keys(key(id))
      const client = await stage.stock('3.1.0', id, { door: edge.door }).synced()
      // As above.
      still.back.delay(300)
      const written = writeMuch(client, 'a')
      await isAtWork(cluster)
      still.server.signal('SIGSTOP')
      await written
      expect(await cluster.redis.client.exists(snapshots)).toBe(0)
      await other.start()
      await until('another does it', 60_000, async () => (await committed(other)) > 0, 50)
      await writeMuch(client, 'b')
      await until('and once more', 60_000, async () => (await committed(other)) > 1, 50)
      await until('it is done', 20_000, async () => (await jobsOf(cluster)) === 0)
      /** Where the newest snapshot ends: its record begins with that. */
      const newest = async () => {
        const record = await cluster.redis.client.hgetBuffer(snapshots, 'n')
        return Number(/^[^:]+:(\d+):/.exec(record?.toString('latin1', 6, 120) ?? '')?.[1])
      }
      const before = await newest()
      expect(before).toBeGreaterThan(0)
      still.back.delay(0)
      still.server.signal('SIGCONT')
      // Whatever it was in the middle of is over when it has done what comes now.
      await other.stop()
      await writeMuch(client, 'c')
      await until(
        'it goes on',
        60_000,
        async () => {
          expect(await newest()).toBeGreaterThanOrEqual(before)
          return (await committed(still)) > 0
        },
        20,
      )
      const doc = await readAt(stage, edge, id)
      for (const letter of ['a', 'b', 'c']) expect(doc.getText(letter).length).toBe(4_000_000)
    },
    {
      nodes: 3,
      envOf: roles('edge', 'worker', 'worker'),
      flags: [...TAKEOVER, ...ONCE],
      timeout: 180_000,
    },
  )

  clusterTest(
    '[J9] an edge that did not hear of a snapshot begins from the next one',
    async (cluster, stage) => {
      const [edge, worker] = cluster.nodes as [ClusterNode, ClusterNode]
      const id = stage.entity()
      const client = await stage.stock('3.1.0', id, { door: edge.door }).synced()
      const write = async (letter: string) => {
        for (let i = 0; i < 30; i++) {
          client.doc.getText().insert(0, letter)
          await durable(client)
        }
      }
      edge.back.let((chunk, towards) => towards === 'server' || !chunk.includes('snapshot'))
      await write('a')
      await until('it is compacted', 20_000, async () => (await committed(worker)) > 0, 50)
      await until('it comes to rest', 20_000, async () => (await entriesOf(cluster, id)) === 0, 50)
      const before = await committed(worker)
      expect(await adopted(edge), 'nobody has told it').toBe(0)
      edge.back.let(() => true)
      await write('b')
      await until('and once more', 20_000, async () => (await committed(worker)) > before, 50)
      await until('it begins from there', 20_000, async () => (await adopted(edge)) > 0, 50)
      const { doc } = await stage.stock('3.1.0', id, { door: edge.door }).synced()
      expect(doc.getText().toString()).toBe('b'.repeat(30) + 'a'.repeat(30))
    },
    { nodes: 2, envOf: roles('edge', 'worker'), flags: ['--pace-compact-quiet', '500ms'] },
  )

  clusterTest(
    '[J13] a cluster of edges says that nobody works, until somebody does',
    async (cluster, stage) => {
      const [edge, other] = cluster.nodes as [ClusterNode, ClusterNode]
      const id = stage.entity()
      const client = await stage.stock('3.1.0', id, { door: edge.door }).synced()
      for (let i = 0; i < 20; i++) {
        client.doc.getText().insert(0, `${i} `)
        await durable(client)
      }
      const warns = ({ warnings }: Readyz) => warnings.some((why) => /--role worker/.test(why))
      for (const { server } of [edge, other]) {
        expect((await readyzWhen(server, 'it warns', warns)).code).toBe(200)
      }
      const worker = ['--redis', cluster.redis.url, ...TAKEOVER, '--role', 'worker']
      await stage.start(worker)
      await until('it is compacted', 20_000, async () => (await jobsOf(cluster)) === 0, 50)
      await readyzWhen(edge.server, 'it does not warn', (said) => !warns(said))
    },
    {
      nodes: 2,
      envOf: roles('edge', 'edge'),
      flags: ['--pace-takeover', '500ms', '--pace-compact-entries', '10'],
    },
  )

  clusterTest(
    '[J6] y-redis: what an edge wrote that is killed before it can offer it is compacted all the same',
    async (cluster, stage) => {
      const [edge, worker] = cluster.nodes as [ClusterNode, ClusterNode]
      const id = stage.entity()
      const client = await stage.stock('3.1.0', id, { door: edge.door }).synced()
      client.doc.getText().insert(0, 'written, and then nothing')
      await durable(client)
      // It has made nothing due and told nobody: the next second it would.
      await edge.kill()
      client.end()
      expect(await jobsOf(cluster)).toBe(0)
      await until('it is compacted', 30_000, async () => (await committed(worker)) === 1, 100)
      await until('it comes to rest', 30_000, async () => (await entriesOf(cluster, id)) === 0, 100)
    },
    {
      nodes: 2,
      envOf: roles('edge', 'worker'),
      flags: ['--pace-compact-quiet', '2s'],
      timeout: 180_000,
    },
  )
})
