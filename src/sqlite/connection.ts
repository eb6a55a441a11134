import { type Connection, Database } from './driver.ts'

/**
 * - `writer`: every commit is on the disk when it returns. better-sqlite3 and SQLite take `NORMAL`
 *   for a WAL, where a power cut loses the last commits.
 * - `mover`: what may be lost by a power cut without harm, because it moves or drops what is there
 *   already. Its commits are in order with the writer's, whose next one makes them durable too.
 * - `reader`: looks only.
 */
export type Role = 'writer' | 'mover' | 'reader'

/** How long a connection waits for another one's transaction, in ms. Ours last milliseconds. */
const BUSY_MS = 10_000

export function connect(file: string, role: Role): Connection {
  const db = new Database(file, {
    fileMustExist: true,
    readonly: role === 'reader',
    timeout: BUSY_MS,
  })
  try {
    // A damaged page is reported by the statement that meets it, not by a crash.
    db.pragma('cell_size_check = ON')
    db.pragma('trusted_schema = OFF')
    if (role !== 'reader') {
      db.pragma('journal_mode = WAL')
      db.pragma(`synchronous = ${role === 'writer' ? 'FULL' : 'NORMAL'}`)
      // On macOS fsync leaves the bytes in the drive's memory; elsewhere this does nothing.
      db.pragma('fullfsync = ON')
      db.pragma('checkpoint_fullfsync = ON')
      db.pragma(`journal_size_limit = ${64 * 1024 * 1024}`)
    }
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** SQLite's own name of what went wrong, `SQLITE_FULL` for one; `null` for any other error. */
export const sqliteCode = (error: unknown): string | null =>
  error instanceof Database.SqliteError ? error.code : null

/** A page of the file, or what hangs on it, cannot be read. Others can. */
export const isCorrupt = (error: unknown): boolean =>
  sqliteCode(error)?.startsWith('SQLITE_CORRUPT') === true

/** Failures that say what they are and leave the connection as it was. */
export function isAnswer(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === 'SQLITE_FULL' || code?.startsWith('SQLITE_BUSY') === true
}
