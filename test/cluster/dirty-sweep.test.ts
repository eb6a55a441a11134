import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { EntityKey } from '../../src/core/ids.ts'
import { DEFAULT_PACES } from '../../src/core/limits.ts'
import { SILENT } from '../../src/core/logger.ts'
import type { SoundUpdate } from '../../src/crdt/scan.ts'
import { DirtySweep } from '../../src/jobs/dirty-sweep.ts'
import { SharedCompactor } from '../../src/jobs/shared-compactor.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { SYSTEM_CLOCK } from '../../src/ops/system.ts'
import { DirtySets } from '../../src/queue/dirty-sets.ts'
import { LocalQueue } from '../../src/queue/local.ts'
import type { Job } from '../../src/queue/queue.ts'
import { entry, key } from '../contract/store.ts'
import { compactHere } from '../support/compact-here.ts'
import { until } from '../support/deadline.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { node, nodeForEach, redisForFile, server } from '../support/redis-scene.ts'
import { NAMES, openRedisStore } from '../support/redis-store.ts'

/** Of Redis' own clock, which nobody can turn, so it is short; the sweep's is turned. */
const QUIET_MS = 40

redisForFile()
nodeForEach()
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const A = key('a')
const { stream, dirty } = NAMES.keys(A)

/** A node that looks, as fast as it is told to. */
class Looker {
  readonly clock = new ManualClock()
  readonly offered: Job[] = []
  /** Offers are refused as long as it is. */
  full = false
  refused = 0
  readonly #steps = { under: 0 }

  constructor(name: string, nodes: () => readonly string[]) {
    const sets = new DirtySets(node.link)
    const sweep = new DirtySweep({
      clock: this.clock,
      bus: { node: name, nodes },
      dirty: {
        partitions: sets.partitions,
        due: async (...asked) => {
          this.#steps.under++
          return sets.due(...asked).finally(() => this.#steps.under--)
        },
      },
      queue: {
        offer: (job) => {
          if (this.full) {
            this.refused++
            return 'full'
          }
          this.offered.push(job)
          return 'queued'
        },
        take() {},
        async close() {},
      },
      quietMs: QUIET_MS,
    })
    ends.push(async () => sweep.close())
  }

  /** Over all partitions, which takes 1 s. */
  async round(): Promise<void> {
    for (let step = 0; step < 16; step++) {
      this.clock.advance(1_000 / 16)
      await until('it has looked', 5_000, () => this.#steps.under === 0, 1)
      await pause(1)
    }
  }

  async rounds(most: number, till: () => boolean | Promise<boolean>): Promise<number> {
    for (let rounds = 1; rounds <= most; rounds++) {
      await this.round()
      if (await till()) return rounds
    }
    return expect.fail(`not within ${most} rounds`)
  }
}

function write(entity: EntityKey, id: string) {
  const doc = new Y.Doc()
  doc.getMap('m').set(id, 1)
  return node.log.append(entity, {
    ...entry(id),
    update: Y.encodeStateAsUpdate(doc) as SoundUpdate,
  })
}

test('[J6] y-redis: what a node wrote that died before it could offer it is compacted all the same', async () => {
  // Appends, and no word to anybody: what a process leaves behind that is killed in between.
  for (let i = 0; i < 5; i++) await write(A, `a${i}`)
  const looker = new Looker('alive', () => ['alive'])
  await looker.rounds(4, () => looker.offered.length > 0)
  expect(looker.offered).toEqual([{ entity: A, why: 'quiet' }])

  const queue = new LocalQueue()
  const metrics = createMetrics()
  const compactor = new SharedCompactor({
    ...{ clock: SYSTEM_CLOCK, log: node.log, snapshots: node.snapshots, metrics, logger: SILENT },
    ...{ paces: DEFAULT_PACES, queue, works: true, gc: true },
    compact: compactHere,
    committed() {},
  })
  ends.push(() => compactor.close())
  queue.offer({ entity: A, why: 'quiet' })
  await queue.settled()
  expect(metrics.compactions.of('committed').value).toBe(1)
  expect(await server.client.xlen(stream), 'up to the older generation: there is none').toBe(5)

  // [J10] Quiet for as long once more: it comes to rest, and is looked at no more.
  await looker.rounds(4, () => looker.offered.length > 1)
  queue.offer({ entity: A, why: 'quiet' })
  await queue.settled()
  expect(metrics.compactions.of('committed').value).toBe(1)
  expect(await server.client.xlen(stream)).toBe(0)
  expect(await server.client.exists(dirty)).toBe(0)
  for (let i = 0; i < 4; i++) await looker.round()
  expect(looker.offered).toHaveLength(2)
})

test('[J6] what is written to is not quiet, and a full queue is tried again', async () => {
  const looker = new Looker('a', () => ['a'])
  looker.full = true
  for (let i = 0; i < 4; i++) {
    await write(A, `a${i}`)
    await looker.round()
  }
  looker.full = false
  await write(A, 'last')
  await looker.round()
  expect(looker.offered).toEqual([])
  looker.full = true
  for (let i = 0; i < 3; i++) await looker.round()
  looker.full = false
  await looker.rounds(2, () => looker.offered.length === 1)
})

test('[J14] a queue that is full is not asked once more for each that is due', async () => {
  const entities = Array.from({ length: 100 }, (_, i) => key(`e${i}`))
  for (const entity of entities) await write(entity, `${entity}1`)
  const looker = new Looker('a', () => ['a'])
  looker.full = true
  await looker.rounds(4, () => looker.refused > 0)
  looker.refused = 0
  await looker.round()
  // Once in each of its steps.
  expect(looker.refused).toBeLessThanOrEqual(16)
  expect(looker.refused).toBeGreaterThan(0)
  looker.full = false
  await looker.rounds(4, () => looker.offered.length >= entities.length)
  const offered = new Set(looker.offered.map(({ entity }) => entity))
  expect(offered.size).toBe(entities.length)
})

test('[J6] each partition is looked after by one node, and by another when that is gone', async () => {
  let nodes = ['one', 'two']
  const [one, two] = [new Looker('one', () => nodes), new Looker('two', () => nodes)]
  const entities = Array.from({ length: 30 }, (_, i) => key(`e${i}`))
  for (const entity of entities) await write(entity, `${entity}1`)
  const offeredBy = ({ offered }: Looker) => [...new Set(offered.map(({ entity }) => entity))]
  for (let i = 0; i < 3; i++) await Promise.all([one.round(), two.round()])
  const left = offeredBy(one)
  expect([...left, ...offeredBy(two)].sort()).toEqual([...entities].sort())
  expect(Math.min(left.length, offeredBy(two).length)).toBeGreaterThan(5)
  nodes = ['two']
  two.offered.length = 0
  await two.rounds(5, () => left.every((each) => offeredBy(two).includes(each)))
})

test('[J6] [J11] what does not come to rest is offered ever more rarely', async () => {
  const store = await openRedisStore(server)
  ends.push(() => store.close())
  for (const id of ['a1', 'a2', 'a3']) await store.log.append(A, entry(id))
  await store.spoilEntry(A, 2, 'later-version')
  const looker = new Looker('a', () => ['a'])
  const offers: number[] = []
  for (let round = 0; round < 20; round++) {
    looker.offered.length = 0
    await looker.round()
    offers.push(looker.offered.length)
  }
  const sum = (some: readonly number[]) => some.reduce((all, each) => all + each)
  // A round is 25 times as long as it has to be quiet: at first it is offered in each.
  expect(sum(offers.slice(0, 8))).toBeGreaterThanOrEqual(5)
  expect(sum(offers.slice(8))).toBeLessThanOrEqual(6)
  expect(sum(offers.slice(8))).toBeGreaterThanOrEqual(2)
})

test('[J6] a clock of Redis that stepped back hides nothing', async () => {
  await write(A, 'a1')
  const [seconds] = await server.client.time()
  await server.client.zadd(dirty, Number(seconds) * 1_000 + 3_600_000, A)
  const looker = new Looker('a', () => ['a'])
  await looker.rounds(4, () => looker.offered.length === 1)
})
