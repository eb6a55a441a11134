import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { entityId, entityRef, tenant } from '../../src/core/ids.ts'
import { ORIGIN, type Position } from '../../src/core/position.ts'
import type { Entity } from '../../src/entity/entity.ts'
import type { CompactionContext } from '../../src/jobs/compaction.ts'
import { compactHere } from '../support/compact-here.ts'
import { until } from '../support/deadline.ts'
import { submit } from '../support/entity-stage.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { NAMES } from '../support/redis-store.ts'
import { openSharedNode, type SharedNode, type SharedNodeOptions } from '../support/shared-node.ts'

let server: RedisServer
const nodes: SharedNode[] = []
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())
beforeEach(() => server.client.flushall())
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.close()))
})

const REF = entityRef(tenant('default'), entityId('shared'))
const { stream } = NAMES.keys(REF.key)
/** Small, and never quiet. */
const PACES = { compactEntries: 20, compactQuiet: 600_000, tick: 1 }

async function opened(name: string, options: SharedNodeOptions = {}): Promise<SharedNode> {
  const node = await openSharedNode(server.url, name, { paces: PACES, ...options })
  nodes.push(node)
  return node
}

/** Somebody who writes into an entity of a node, an entry for each word. */
class Writer {
  readonly doc = new Y.Doc()
  readonly entity: Entity
  #updates: Uint8Array[] = []

  constructor(entity: Entity, client: number) {
    this.entity = entity
    this.doc.clientID = client
    this.doc.on('update', (update: Uint8Array) => this.#updates.push(update))
  }

  async write(words: number): Promise<void> {
    for (let i = 0; i < words; i++) {
      const text = this.doc.getText(String(this.doc.clientID))
      text.insert(text.length, 'w')
      for (const update of this.#updates.splice(0)) submit(this.entity, update)
      await this.entity.settled()
    }
  }
}

const written = async (node: SharedNode): Promise<Record<string, number>> => {
  const doc = new Y.Doc()
  const snapshot = await node.snapshots.load(REF.key)
  if (snapshot !== null) Y.applyUpdate(doc, snapshot.update)
  const read = await node.log.read(REF.key, snapshot?.position ?? ORIGIN)
  if (read.is === 'reset') return expect.fail('the log does not continue the snapshot')
  for (const { update } of read.entries) Y.applyUpdate(doc, update)
  return Object.fromEntries([...doc.share.keys()].map((name) => [name, doc.getText(name).length]))
}
const committed = (node: SharedNode) => node.metrics.compactions.of('committed').value

test('[J5] [J8] what two edges write a worker compacts, and both let go of their tails', async () => {
  const one = await opened('edge-1', { role: 'edge' })
  const two = await opened('edge-2', { role: 'edge' })
  const worker = await opened('worker', { role: 'worker' })
  const [a, b] = await Promise.all([one.open(REF), two.open(REF)])
  const [ann, bob] = [new Writer(a, 1), new Writer(b, 2)]
  for (let round = 0; round < 4; round++) {
    await Promise.all([ann.write(15), bob.write(15)])
    const commits = round + 1
    await until(`compaction ${commits}`, 5_000, () => committed(worker) >= commits)
    for (const entity of [a, b]) {
      // Not just further on than before: that may be by what the round before has left.
      await until('it begins in this round', 5_000, () => entity.base.offset > 30 * round)
      expect(entity.tailSize.entries).toBeLessThan(30)
    }
  }
  expect([committed(one), committed(two)]).toEqual([0, 0])
  for (const { metrics } of [one, two]) expect(metrics.adoptions.value).toBeGreaterThan(2)
  // Up to what the older generation covers.
  const [[first] = []] = await server.client.xrange(stream, '-', '+', 'COUNT', 1)
  expect(Number.parseInt(first as string, 10)).toBeGreaterThan(30)
  expect(await written(worker)).toEqual({ 1: 60, 2: 60 })
  // Those who are there know all of it, and who joins now gets all of it.
  await until('all of it is told', 5_000, () => [a, b].every((it) => it.position.offset === 120))
  for (const [node, entity] of [
    [one, a],
    [two, b],
  ] as const) {
    const { update } = await entity.state()
    const doc = new Y.Doc()
    for (const part of [update, entity.tail()]) Y.applyUpdate(doc, part)
    expect(doc.getText('1').length + doc.getText('2').length, node.name).toBe(120)
  }
})

test('[J5] only who writes offers', async () => {
  const one = await opened('edge-1', { role: 'edge' })
  const two = await opened('edge-2', { role: 'edge' })
  const offers: string[] = []
  for (const { name, queue } of [one, two]) {
    const offer = queue.offer.bind(queue)
    queue.offer = (job) => {
      offers.push(`${name}: ${job.why}`)
      return offer(job)
    }
  }
  const [a, b] = await Promise.all([one.open(REF), two.open(REF)])
  await new Writer(a, 1).write(25)
  await until('the other has heard it', 5_000, () => b.position.offset === 25)
  // Again only after a while: the work may be under way.
  expect(offers).toEqual(['edge-1: grown'])
  // Who opens it with so long a tail offers it too: nobody may have.
  const three = await opened('edge-3', { role: 'edge' })
  await three.open(REF)
  expect(await server.client.xlen(NAMES.jobs.stream)).toBe(1)
})

test('[J5] what was written while a snapshot was made is offered when that is there', async () => {
  const edge = await opened('edge', { role: 'edge' })
  let [begun, goOn] = [0, () => {}]
  const gated: CompactionContext['compact'] = async (job) => {
    begun++
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
    return compactHere(job)
  }
  const worker = await opened('worker', { role: 'worker', compact: gated })
  const ann = new Writer(await edge.open(REF), 1)
  await ann.write(20)
  await until('it is under way', 5_000, () => begun === 1)
  // Offered just now: none of these offers it again, and none comes behind them.
  await ann.write(25)
  for (let commits = 1; commits <= 2; commits++) {
    await until(`compaction ${commits}`, 5_000, () => {
      goOn()
      return committed(worker) === commits
    })
  }
  expect((await worker.snapshots.load(REF.key))?.position.offset).toBe(45)
})

test('[J9] news that is lost is made up for by the next', async () => {
  const edge = await opened('edge', { role: 'edge' })
  const entity = await edge.open(REF)
  const ann = new Writer(entity, 1)
  await ann.write(10)
  const { state } = { state: await compactHere(await jobOf(edge)) }
  const snapshot = { ...state, position: entity.position }
  expect(await edge.snapshots.commit(REF.key, snapshot, null)).toBe('committed')
  expect(entity.tailSize.entries, 'nobody has told it').toBe(10)
  const worker = await opened('worker', { role: 'worker' })
  await ann.write(11)
  await until('the tail is short', 5_000, () => entity.tailSize.entries === 0)
  expect(committed(worker)).toBe(1)
})

async function jobOf({ log, snapshots }: SharedNode) {
  const old = await snapshots.load(REF.key)
  const read = await log.read(REF.key, old?.position ?? ORIGIN)
  if (read.is === 'reset') return expect.fail('reset')
  return { base: old?.update ?? null, entries: read.entries.map(({ update }) => update), gc: true }
}

describe('[J12] two workers at one entity', () => {
  // Once: only what it replaces says that it is late. Twice: its place in the log is trimmed away too.
  test.each([1, 2])(
    'one of which stood still, the other has compacted %i times: no stale snapshot over a newer one, no entry less',
    async (times) => {
      let goOn = () => {}
      let begun = false
      const slowly: CompactionContext['compact'] = async (job) => {
        const compacted = await compactHere(job)
        begun = true
        await new Promise<void>((resolve) => {
          goOn = resolve
        })
        return compacted
      }
      const edge = await opened('edge', { role: 'edge' })
      const still = await opened('still', { role: 'worker', compact: slowly })
      const entity = await edge.open(REF)
      const ann = new Writer(entity, 1)
      await ann.write(20)
      await until('it is in the middle of it', 5_000, () => begun)
      const swift = await opened('swift', { role: 'worker' })
      for (let commits = 1; commits <= times; commits++) {
        await ann.write(20)
        await edge.queue.offer({ entity: REF.key, why: 'spoiled' })
        await until('the other compacts', 5_000, () => committed(swift) === commits)
      }
      const newest = (await swift.snapshots.load(REF.key))?.position as Position
      expect(newest.offset).toBe(20 + 20 * times)
      const entries = await server.client.xlen(stream)
      goOn()
      const stale = still.metrics.compactions.of('stale')
      await until('it goes on', 5_000, () => stale.value === 1)
      expect((await swift.snapshots.load(REF.key))?.position).toEqual(newest)
      expect(await server.client.xlen(stream)).toBe(entries)
      expect(await written(swift)).toEqual({ 1: 20 + 20 * times })
    },
  )
})
