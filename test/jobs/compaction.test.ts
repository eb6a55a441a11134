import { afterAll, beforeAll, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { EntityKey } from '../../src/core/ids.ts'
import { SILENT } from '../../src/core/logger.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { compactSound } from '../../src/jobs/compact-sound.ts'
import { Compaction } from '../../src/jobs/compaction.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { SYSTEM_CLOCK } from '../../src/ops/system.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { openRedisStore } from '../support/redis-store.ts'

const ENTITY = 'default/notes' as EntityKey

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

/** Entries of as many people, none of which builds on another. */
const apart = (...words: readonly string[]): Uint8Array[] =>
  words.map((word) => {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, word)
    return Y.encodeStateAsUpdate(doc)
  })

for (const how of ['flip', 'later-version'] as const) {
  test(`[H32] [E13] a compaction ends before an entry that cannot be read (${how}), and does not begin with one`, async () => {
    const store = await openRedisStore(redis)
    for (const [i, update] of apart('a', 'b', 'c', 'd').entries()) {
      const entry = { id: `e${i}`, authors: [], origin: 'session', time: 0 } as const
      await store.log.append(ENTITY, { ...entry, update: update as never })
    }
    await store.spoilEntry(ENTITY, 3, how)
    const { log, snapshots } = store
    const compaction = new Compaction({
      ...{ clock: SYSTEM_CLOCK, metrics: createMetrics(), logger: SILENT, gc: true },
      ...{ log, snapshots },
      compact: async ({ base, entries, gc }) => compactSound(base, entries, { gc }),
      committed: () => {},
      unfinished: () => {},
    })
    expect(await compaction.run(ENTITY)).toBe('committed')
    expect((await snapshots.load(ENTITY))?.position.offset).toBe(2)
    expect(await compaction.run(ENTITY)).toBe('blocked')
    const read = await log.read(ENTITY, ORIGIN)
    expect(read.is === 'entries' && read.skipped.map(({ offset }) => offset)).toEqual([3])
    await store.close()
  })
}
