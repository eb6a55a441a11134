import { expect, test } from 'vitest'
import * as Y from 'yjs'
import type { EntityKey } from '../../src/core/ids.ts'
import { SILENT } from '../../src/core/logger.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { Emptied } from '../../src/entity/emptied.ts'
import { Compaction, type CompactionContext } from '../../src/jobs/compaction.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { SYSTEM_CLOCK } from '../../src/ops/system.ts'
import { compactHere } from '../support/compact-here.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

const ENTITY = 'default/notes' as EntityKey

/** The base is gone when the answer comes, as one that went to a thread. */
const compact: CompactionContext['compact'] = async (job) => {
  const compacted = await compactHere(job)
  const buffer = job.base?.buffer as ArrayBuffer | undefined
  if (buffer !== undefined) structuredClone(buffer, { transfer: [buffer] })
  return compacted
}

test('[V34] what a snapshot says of what was taken without its content outlives the next ones', async () => {
  const store = await openSqliteStore()
  const { log, snapshots } = store
  const compaction = new Compaction({
    ...{ clock: SYSTEM_CLOCK, metrics: createMetrics(), logger: SILENT, gc: true },
    ...{ log, snapshots, compact, committed: () => {}, unfinished: () => {} },
  })
  let emptied: Uint8Array | undefined
  for (const id of ['e0', 'e1', 'e2']) {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, id)
    const update = Y.encodeStateAsUpdate(doc) as never
    const said = new Emptied()
    said.add(checkUpdate(update), 'entity-full')
    emptied ??= said.encode() ?? undefined
    const entry = { id, authors: [], origin: 'session', time: 0, update } as const
    await log.append(ENTITY, id === 'e0' ? { ...entry, emptied } : entry)
    expect(await compaction.run(ENTITY)).toBe('committed')
    expect((await snapshots.load(ENTITY))?.emptied, id).toEqual(emptied)
  }
  await store.close()
})
