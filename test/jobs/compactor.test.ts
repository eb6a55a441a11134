import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { DEFAULT_PACES } from '../../src/core/limits.ts'
import { SILENT } from '../../src/core/logger.ts'
import { compactUpdates } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import { compactSound } from '../../src/jobs/compact-sound.ts'
import type { CompactionContext } from '../../src/jobs/compaction.ts'
import { Compactor } from '../../src/jobs/compactor.ts'
import { SharedCompactor } from '../../src/jobs/shared-compactor.ts'
import { LocalQueue } from '../../src/queue/local.ts'
import type { SharedSnapshots } from '../../src/snapshots/shared.ts'
import { compactHere } from '../support/compact-here.ts'
import { type EntityStage, entityStage, REF } from '../support/entity-stage.ts'
import { TRIGGERS, WEDGE, WHOLE, WHOLE_OVER } from '../support/unloadable.ts'

const MALFORMED = Uint8Array.of(9, 9, 9)

/** The updates of somebody who writes these words one behind the other. */
function written(client: number, ...words: readonly string[]): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = client
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const word of words) doc.getText('t').insert(doc.getText('t').length, word)
  return updates
}

async function stored(stage: EntityStage, updates: readonly Uint8Array[]): Promise<void> {
  for (const [i, update] of updates.entries()) {
    const entry = { id: `e${i}`, authors: [], origin: 'session', time: 0 } as const
    await stage.log.append(REF.key, { ...entry, update: update as never })
  }
}

function compactorOf(stage: EntityStage, compact: CompactionContext['compact'] = compactHere) {
  return new Compactor(contextOf(stage, compact))
}

function contextOf(stage: EntityStage, compact: CompactionContext['compact']) {
  const { clock, log, snapshots, metrics } = stage
  return {
    ...{ clock, log, snapshots, metrics, logger: SILENT, paces: DEFAULT_PACES, gc: true },
    ...{ compact, committed: () => {} },
  }
}

test('[E15] a malformed entry and what builds on it are set aside, and what is behind is compacted', async () => {
  const stage = entityStage()
  const [a, lost, c] = written(1, 'a', 'b', 'c') as [Uint8Array, Uint8Array, Uint8Array]
  const [other] = written(2, 'other') as [Uint8Array]
  await stored(stage, [a, MALFORMED, c, other])
  const compactor = compactorOf(stage)
  compactor.offer(REF.key)
  await compactor.settled()

  const snapshot = await stage.snapshots.load(REF.key)
  expect(snapshot?.position.offset).toBe(4)
  expect(decodeStateVector(snapshot?.stateVector as Uint8Array)).toEqual(
    new Map([
      [2, 5],
      [1, 1],
    ]),
  )
  expect(stage.state.aside.map(({ why, bytes }) => [why, bytes])).toEqual([
    ['stored entry 2 is malformed', MALFORMED],
    ['stored entry 3 is unclosed', c],
  ])
  expect(stage.metrics.setAside.value).toBe(2)
  // Who has what is lost brings it again, and nothing stands in its way.
  const entity = await stage.load()
  expect(decodeStateVector(entity.stateVector).get(1)).toBe(1)
  expect(lost.length).toBeGreaterThan(0)
  await compactor.close()
})

test('[E15] a load that finds one makes its entity due', async () => {
  const stage = entityStage()
  await stored(stage, [...written(1, 'a'), MALFORMED])
  await stage.load()
  expect(stage.troubles).toEqual(['an entry was passed over', 'spoiled'])
  expect(stage.metrics.damaged.value).toBe(1)
})

for (const [what, trigger] of Object.entries(TRIGGERS)) {
  test(`[E16] where Yjs fails it goes on, on a snapshot of what comes before: at one that ${what}`, async () => {
    const poison = [...WEDGE, trigger]
    for (const update of poison) expect(checkUpdate(update).bytes).toBe(update)
    expect(() => compactUpdates(null, poison, { gc: true })).toThrow('cannot load')
    const stage = entityStage()
    const updates = [...written(1, 'a', 'b', 'c'), ...poison, ...written(2, 'behind')]
    const { snapshot, doc } = await compacted(stage, updates)
    expect(snapshot.position.offset, 'all is compacted').toBe(updates.length)
    expect(stage.state.aside).toEqual([])
    expect(doc.getText('t').toString().replace('behind', '')).toBe('abc')
    const clients = what === 'deletes the map' ? [1, 2, 5, 9] : [1, 2, 4, 5, 9]
    expect([...decodeStateVector(snapshot.stateVector).keys()].sort()).toEqual(clients)
  })
}

for (const [what, whole] of Object.entries({ deletes: WHOLE, overwrites: WHOLE_OVER })) {
  test(`[E16] an entry at which Yjs fails nevertheless is set aside: one that ${what}`, async () => {
    const [map] = WEDGE as [Uint8Array]
    expect(checkUpdate(whole).bytes).toBe(whole)
    const stage = entityStage()
    const updates = [...written(1, 'a', 'b', 'c'), map, whole, ...written(2, 'behind')]
    const { snapshot, doc } = await compacted(stage, updates)
    expect(snapshot.position.offset, 'all is compacted').toBe(updates.length)
    expect(stage.state.aside.map(({ why, bytes }) => [why, bytes])).toEqual([
      ['stored entry 5 is unloadable', whole],
    ])
    expect(doc.getText('t').toString().replace('behind', '')).toBe('abc')
    // Nobody is asked for any of it again, and nothing that builds on it waits.
    expect(decodeStateVector(snapshot.stateVector).get(12)).toBe(3)
  })
}

async function compacted(stage: EntityStage, updates: readonly Uint8Array[]) {
  await stored(stage, updates)
  const compactor = compactorOf(stage)
  compactor.offer(REF.key)
  await compactor.settled()
  await compactor.close()
  const snapshot = await stage.snapshots.load(REF.key)
  if (snapshot === null) return expect.fail('nothing was compacted')
  const doc = new Y.Doc()
  Y.applyUpdate(doc, snapshot.update)
  return { snapshot, doc }
}

test('[E15] a compaction that fails for another reason fails', () => {
  expect(() => compactSound(MALFORMED, written(1, 'a'), { gc: true })).toThrow()
})

/** As a worker of a cluster, whose queue gives it what it is offered. */
function workerOf(stage: EntityStage, compact: CompactionContext['compact']) {
  const context = contextOf(stage, compact)
  const queue = new LocalQueue()
  const snapshots = context.snapshots as unknown as SharedSnapshots
  const worker = new SharedCompactor({ ...context, snapshots, queue, works: true })
  return {
    offer: () => worker.offer(REF.key),
    settled: () => queue.settled(),
    close: () => worker.close(),
  }
}

function aloneOf(stage: EntityStage, compact: CompactionContext['compact']) {
  const compactor = compactorOf(stage, compact)
  return {
    offer: () => compactor.offer(REF.key),
    settled: () => compactor.settled(),
    close: () => compactor.close(),
  }
}

for (const [where, make] of Object.entries({ alone: aloneOf, 'in a cluster': workerOf })) {
  test(`[J17] an entity whose compaction failed is left alone for a minute, by a node ${where}`, async () => {
    const stage = entityStage()
    await stored(stage, written(1, 'a'))
    let times = 0
    const schedule = make(stage, async () => {
      times++
      throw new Error('out of memory')
    })
    for (let second = 0; second < 59; second++) {
      schedule.offer()
      await schedule.settled()
      stage.clock.advance(1_000)
    }
    expect(times).toBe(1)
    stage.clock.advance(1_000)
    schedule.offer()
    await schedule.settled()
    expect(times).toBe(2)
    await schedule.close()
  })

  test(`[J17] and one that is blocked, by a node ${where}`, async () => {
    const stage = entityStage()
    await stored(stage, written(1, 'a', 'b'))
    let reads = 0
    stage.log.read = async () => {
      reads++
      const head = { epoch: '0.a', offset: 1, check: '0'.repeat(16) } as const
      const skipped = [{ offset: 1, why: 'not-understood' }] as const
      return { is: 'entries', head, tombstone: null, entries: [], skipped }
    }
    const schedule = make(stage, compactHere)
    for (let second = 0; second < 59; second++) {
      schedule.offer()
      await schedule.settled()
      stage.clock.advance(1_000)
    }
    expect(reads).toBe(1)
    await schedule.close()
  })
}

test('[J17] what failed, and what became due meanwhile, is compacted later although nobody writes', async () => {
  const stage = entityStage()
  await stored(stage, written(1, 'a'))
  let fails = true
  const compactor = compactorOf(stage, async (job) => {
    if (fails) throw new Error('out of memory')
    return compactHere(job)
  })
  compactor.offer(REF.key)
  await compactor.settled()
  fails = false
  compactor.grown(REF.key, { entries: 100_000, bytes: 1, whole: 1 })
  for (let second = 0; second < 130; second++) {
    stage.clock.advance(1_000)
    await compactor.settled()
  }
  expect((await stage.snapshots.load(REF.key))?.position.offset).toBe(1)
  await compactor.close()
})
