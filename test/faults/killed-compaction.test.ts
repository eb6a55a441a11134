import { cpSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { within } from '../support/deadline.ts'
import { marker, update } from '../support/frames.ts'
import { withDatabase } from '../support/sqlite-store.ts'
import { ownStageTest, type Stage } from '../support/stage.ts'

/** The first write of a thread at which the process is killed, and the last. */
const [FIRST, LAST, STRIDE] = [23, 59, 4]

/** The process is gone when a thread of it is about to write for the so-manieth time. */
const killedAt = (write: number): readonly string[] => [
  ...['strace', '-f', '-o', '/dev/null', '-e', 'trace=pwrite64'],
  ...['-e', `inject=pwrite64:signal=SIGKILL:when=${write}`],
]

/** Where a compaction stood when the process was killed, by what it had written. */
type Stood = 'writing' | 'before the trim' | 'elsewhere'

function stood(stage: Stage, data: string): Stood {
  const copy = stage.folder()
  cpSync(data, copy, { recursive: true })
  return withDatabase(copy, (db) => {
    const numbers = (sql: string) => db.prepare(sql).pluck().all() as number[]
    if (numbers("SELECT no FROM snapshots WHERE state = 'writing'").length > 0) return 'writing'
    const offset = "json_extract(CAST(substr(record, 7, length(record) - 10) AS TEXT), '$.%')"
    const at = (path: string) => offset.replace('%', path)
    const [, older] = numbers(
      `SELECT ${at('position.offset')} FROM snapshots WHERE state = 'kept' ORDER BY no DESC`,
    )
    const [base = 0] = numbers(`SELECT ${at('base.offset')} FROM entities`)
    return older !== undefined && base < older ? 'before the trim' : 'elsewhere'
  })
}

/**
 * Writes on until the server is gone.
 *
 * @param rest Milliseconds after every fourth: what makes a compaction due.
 * @returns marks that were acknowledged.
 */
async function writeUntilKilled(
  stage: Stage,
  id: string,
  doc: Y.Doc,
  rest: number,
): Promise<readonly string[]> {
  const raw = await stage.raw(id, { deadline: 30_000 }).catch(() => null)
  if (raw === null) return []
  const joined = await raw.join(doc).catch(() => null)
  if (joined === null) return []
  const list = doc.getArray<string>('marks')
  const marks: string[] = list.toArray()
  const send = (bytes: Uint8Array, origin: unknown) => {
    if (origin !== raw) raw.send(update(bytes))
  }
  doc.on('update', send)
  const version = (mark: string) => Number(mark.slice(1))
  while (!raw.isClosed) {
    const mark = `m${marks.length}`
    marks.push(mark)
    list.push([mark])
    raw.send(marker(version(mark)))
    await pause(marks.length % 4 === 0 ? rest : 1)
  }
  doc.off('update', send)
  const answers = raw.received.flatMap((m) => (m.is === 'marker' ? [m.version] : []))
  const last = Math.max(-1, ...answers)
  return marks.filter((mark) => version(mark) <= last)
}

describe('a compaction', () => {
  ownStageTest(
    `[L23] [E13] killed at its writes, one after the other, with edits coming in: nothing is lost`,
    async (stage) => {
      const data = stage.folder()
      const id = stage.entity()
      const flags = ['--pace-compact-entries', '3']
      const seen: Record<Stood, number> = { writing: 0, 'before the trim': 0, elsewhere: 0 }
      const acked = new Set<string>()
      // Each author's own document: what was not acknowledged is brought again by the next round's.
      const doc = new Y.Doc()
      // What the first start of all writes is another matter.
      await (await stage.start(flags, { data })).stop()
      const midst = () => seen.writing + seen['before the trim']
      // On a busy machine a compaction is under way less often: then others of the writes as well.
      const writes = Array.from({ length: STRIDE }, (_, pass) => {
        return Array.from(
          { length: (LAST - FIRST) / STRIDE + 1 },
          (_, n) => FIRST + pass + n * STRIDE,
        )
      })
      for (const [n, write] of writes.flat().entries()) {
        if (n >= (writes[0]?.length ?? 0) && midst() > 1 && acked.size > 100) break
        const server = await stage.start(flags, { data, under: killedAt(write) }).catch(() => null)
        if (server === null) continue
        // In turns as fast as the event loop comes round, when a compaction is under way nearly always;
        // and so that one has time where its thread, of low priority, hardly comes to its turn.
        const rest = n % 2 === 0 ? 1 : 200
        for (const mark of await writeUntilKilled(stage, id, doc, rest)) acked.add(mark)
        await within('its end', 20_000, server.exit)
        seen[stood(stage, data)]++

        const cold = await stage.start(['--pace-compact-entries', '100000'], { data })
        const raw = await stage.raw(id)
        const marks = new Set((await raw.join()).getArray<string>('marks').toArray())
        expect(
          [...acked].filter((mark) => !marks.has(mark)),
          `killed at write ${write}`,
        ).toEqual([])
        await raw.close()
        await cold.kill()
      }
      expect(acked.size).toBeGreaterThan(100)
      expect(midst(), 'killed in the midst').toBeGreaterThan(1)
    },
    { timeout: 600_000 },
  )
})
