import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Clock } from '../../src/core/clock.ts'
import { type Logger, SILENT } from '../../src/core/logger.ts'
import { SqliteLog } from '../../src/log/sqlite.ts'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { RECORD_HEAD, unseal } from '../../src/record/record.ts'
import { SqliteSnapshots } from '../../src/snapshots/sqlite.ts'
import { type Connection, Database } from '../../src/sqlite/driver.ts'
import { openSqlite, type SqliteStore } from '../../src/sqlite/store.ts'
import { SET_ASIDE_BYTES, type TestStore } from '../contract/store.ts'

/** As they were built: Vitest cannot start a `.ts` thread on Node 20. */
export const THREADS = {
  writer: new URL('../../dist/sqlite/writer-thread.js', import.meta.url),
  reader: new URL('../../dist/sqlite/reader-thread.js', import.meta.url),
}

/** A folder of its own, to be removed by the test. */
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'tributary-'))

export interface Opened {
  readonly store: SqliteStore
  readonly log: SqliteLog
  readonly snapshots: SqliteSnapshots
  close(): Promise<void>
}

export interface FolderOptions {
  readonly threads?: { readonly writer: URL; readonly reader: URL }
  readonly storeClock?: Pick<Clock, 'after'>
  readonly logger?: Logger
}

/** Store, log and snapshots of a folder, put together as the server does. */
export async function openFolder(folder: string, options: FolderOptions = {}): Promise<Opened> {
  const { threads = THREADS, storeClock = SYSTEM_CLOCK, logger = SILENT } = options
  const store = await openSqlite({ folder, threads, clock: storeClock, logger })
  const log = new SqliteLog(store, {
    clock: SYSTEM_CLOCK,
    random: SYSTEM_RANDOM,
    logger,
    limits: { setAsideBytes: SET_ASIDE_BYTES },
    paces: { commit: 1 },
  })
  const close = async () => {
    await log.close()
    await store.close()
  }
  return { store, log, snapshots: new SqliteSnapshots(store), close }
}

/** The SQLite adapters as the contract suites want them, on a folder of their own. */
export async function openSqliteStore(): Promise<TestStore> {
  const folder = temporaryFolder()
  const copy = temporaryFolder()
  let now = await openFolder(folder)
  const whileClosed = async (work: () => void) => {
    await now.close()
    work()
    now = await openFolder(folder)
  }
  return {
    get log() {
      return now.log
    },
    get snapshots() {
      return now.snapshots
    },
    reopen: () => whileClosed(() => {}),
    async backup() {
      await whileClosed(() => cpSync(folder, copy, { recursive: true }))
      return () =>
        whileClosed(() => {
          rmSync(folder, { recursive: true })
          cpSync(copy, folder, { recursive: true })
        })
    },
    spoilEntry: (entity, offset, how = 'flip') =>
      whileClosed(() => spoilEntry(folder, entity, offset, how)),
    spoilSnapshot: (entity) => whileClosed(() => spoilSnapshot(folder, entity)),
    async close() {
      await now.close()
      for (const one of [folder, copy]) rmSync(one, { recursive: true, force: true })
    },
  }
}

/** Works on a closed database with the tools that anyone has. */
export function withDatabase<Value>(folder: string, work: (db: Connection) => Value): Value {
  const db = new Database(join(folder, 'tributary.db'))
  try {
    return work(db)
  } finally {
    db.close()
  }
}

export function spoilEntry(
  folder: string,
  key: string,
  offset: number,
  how: 'flip' | 'later-version',
): void {
  withDatabase(folder, (db) => {
    let spoiled = 0
    for (const table of ['journal', 'entries']) {
      const where = `WHERE offset = ? AND entity = (SELECT no FROM entities WHERE key = ?)`
      const row = db.prepare(`SELECT record FROM ${table} ${where}`).get(offset, key)
      if (row === undefined) continue
      const { record } = row as { record: Buffer }
      if (how === 'flip') record[record.length - 6] = (record.at(-6) as number) ^ 0x10
      else asOfLaterVersion(record)
      db.prepare(`UPDATE ${table} SET record = ? ${where}`).run(record, offset, key)
      spoiled++
    }
    if (spoiled === 0) throw new Error(`no entry ${offset} of ${key}`)
  })
}

/** A must-understand bit that this version does not know, under a right checksum. */
function asOfLaterVersion(record: Buffer): void {
  record[1] = 0x80
  record.writeUInt32LE(crc32(record.subarray(0, -4)), record.length - 4)
}

/** A byte of the newest snapshot flips that is still whole. */
function spoilSnapshot(folder: string, key: string): void {
  withDatabase(folder, (db) => {
    const pieces = db.prepare(
      `SELECT snapshot, pieces.record FROM pieces JOIN snapshots ON snapshots.no = snapshot
       WHERE piece = 0 AND state = 'kept' AND entity = (SELECT no FROM entities WHERE key = ?)
       ORDER BY snapshot DESC`,
    )
    const rows = pieces.all(key) as { snapshot: number; record: Buffer }[]
    const newest = rows.find(({ record }) => typeof unseal(record) !== 'string')
    if (newest === undefined) throw new Error(`no whole snapshot of ${key}`)
    const { snapshot, record } = newest
    record[RECORD_HEAD] = (record[RECORD_HEAD] as number) ^ 1
    db.prepare('UPDATE pieces SET record = ? WHERE snapshot = ? AND piece = 0').run(
      record,
      snapshot,
    )
  })
}
