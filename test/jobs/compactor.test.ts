import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { DEFAULT_PACES } from '../../src/core/limits.ts'
import { SILENT } from '../../src/core/logger.ts'
import { compactUpdates } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import { compactSound } from '../../src/jobs/compact-sound.ts'
import { Compactor } from '../../src/jobs/compactor.ts'
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

function compactorOf(stage: EntityStage): Compactor {
  const { clock, log, snapshots, metrics } = stage
  return new Compactor({
    ...{ clock, log, snapshots, metrics, logger: SILENT, paces: DEFAULT_PACES, gc: true },
    compact: async ({ base, entries, gc }) => compactSound(base, entries, { gc }),
    committed: () => {},
  })
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
