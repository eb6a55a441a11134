import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { TributaryError } from '../core/errors.ts'
import { fileTrouble } from '../core/file-trouble.ts'
import { isCorrupt, sqliteCode } from './connection.ts'
import { type Connection, Database } from './driver.ts'
import { APPLICATION_ID, MIGRATIONS } from './migrations.ts'
import { lacksPage } from './missing-page.ts'

/** A data folder that this process alone may write, its database at this version's format. */
export interface Prepared {
  readonly file: string
  /** Lets another process have the folder. */
  release(): void
}

/** A process that is on its way out may hold the folder a moment longer. */
const LOCK_WAIT_MS = 1_000

/**
 * Makes a data folder ready: created if it is not there, locked for the life of this process, its
 * database checked and brought to this version's format. Nothing is changed in a folder that is refused.
 *
 * @throws {TributaryError} `storage`, one line that names the remedy.
 */
export function prepare(folder: string): Prepared {
  const path = resolve(folder)
  const file = join(path, 'tributary.db')
  make(path)
  const release = lock(path)
  try {
    if (existsSync(file)) inspect(file)
    migrate(file)
    return { file, release }
  } catch (error) {
    release()
    throw error
  }
}

function make(path: string): void {
  try {
    const first = makeWithParents(path)
    // A folder that a power cut takes away takes what is in it along.
    if (first !== undefined) sync(dirname(first))
  } catch (cause) {
    // Where the parent is there, as below /proc, the system itself makes no folders.
    const isRefused = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const why = isRefused ? 'the system makes none there' : fileTrouble(cause)
    throw refusal(
      `the data folder ${path} cannot be created, ${why}: choose another one with --data`,
      cause,
    )
  }
}

/**
 * One by one: Node's own recursive way never ends where a folder cannot be made for want of a parent
 * that is there, as in `/proc`.
 *
 * @returns the first that was made.
 */
function makeWithParents(path: string): string | undefined {
  if (isFolder(path)) return undefined
  const parent = dirname(path)
  const first = parent === path ? undefined : makeWithParents(parent)
  try {
    mkdirSync(path)
  } catch (error) {
    // Another process that starts at the same moment may have been first.
    if (!isFolder(path)) throw error
  }
  return first ?? path
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

function sync(path: string): void {
  // Windows has no handle for a folder, and keeps its entries itself.
  if (process.platform === 'win32') return
  const handle = openSync(path, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/** Locks that are held. One that nobody held on to would be collected, and its file unlocked. */
const locks = new Set<Connection>()

/**
 * An exclusive transaction on an empty database of its own. The system drops the lock with the
 * process, however it ends: a file with a process id in it would outlive a `kill -9`.
 */
function lock(path: string): () => void {
  let db: Connection | null = null
  try {
    db = new Database(join(path, 'tributary.lock'), { timeout: LOCK_WAIT_MS })
    db.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    db?.close()
    if (sqliteCode(cause)?.startsWith('SQLITE_BUSY')) {
      throw refusal(
        `the data folder ${path} is in use by another process: stop it, or choose another folder with --data`,
        cause,
      )
    }
    throw unwritable(path, cause)
  }
  const held = db
  locks.add(held)
  return () => {
    locks.delete(held)
    held.close()
  }
}

/** Looks at a database without changing it. */
function inspect(file: string): void {
  let db: Connection | null = null
  try {
    // What the header says already is not looked at by SQLite, which leaves files of its own behind.
    const header = peek(file)
    judge(file, header)
    if (mayBeOurs(header) && lacksPage(file)) throw damaged(file)
    db = new Database(file, { readonly: true })
    const number = (pragma: string) => Number(db?.pragma(pragma, { simple: true }))
    const [application, version] = [number('application_id'), number('user_version')]
    judge(file, { application, version })
    const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined
    if (application !== APPLICATION_ID && !isEmpty) throw foreign(file)
  } catch (cause) {
    if (cause instanceof TributaryError) throw cause
    if (sqliteCode(cause) === 'SQLITE_NOTADB') throw foreign(file, cause)
    if (isCorrupt(cause)) throw damaged(file, cause)
    throw refusal(`${file} cannot be read: make it readable and writable for this user`, cause)
  } finally {
    db?.close()
  }
}

/** Its number is copied back from the write-ahead log some time after the first start. */
const mayBeOurs = (header: Header | null): boolean =>
  header === null || header.application === 0 || header.application === APPLICATION_ID

interface Header {
  readonly application: number
  readonly version: number
}

/** `null` when there is no whole header. */
function peek(file: string): Header | null {
  const header = Buffer.alloc(100)
  // To be written too: else the first append would be the one to find out that it cannot be.
  // (Closing a handle drops all locks that this process has on the file: nothing has it open yet.)
  const handle = openSync(file, 'r+')
  try {
    if (readSync(handle, header) < header.length) return null
    return { application: header.readUInt32BE(68), version: header.readUInt32BE(60) }
  } finally {
    closeSync(handle)
  }
}

function judge(file: string, header: Header | null): void {
  if (header?.application !== APPLICATION_ID || header.version <= MIGRATIONS.length) return
  throw refusal(
    `${file} was written by a newer version of Tributary (its format is ${header.version}, this version knows ${MIGRATIONS.length}): ` +
      'start that version, or choose another folder with --data',
  )
}

function migrate(file: string): void {
  let db: Connection | null = null
  try {
    db = new Database(file)
    if (versionOf(db) === 0) {
      // Decided by the first page that is written: free pages can be given back later.
      db.pragma('auto_vacuum = INCREMENTAL')
      db.pragma('journal_mode = WAL')
    }
    db.pragma('synchronous = FULL')
    for (let version = versionOf(db); version < MIGRATIONS.length; version++) step(db, version)
  } catch (cause) {
    if (isCorrupt(cause)) throw damaged(file, cause)
    if (sqliteCode(cause) === 'SQLITE_FULL') {
      throw refusal(
        `${file} cannot be written, the disk is full: make room on it, or choose another folder with --data`,
        cause,
      )
    }
    throw unwritable(dirname(file), cause)
  } finally {
    db?.close()
  }
}

/** One step is one transaction, its number included: a crash leaves it done or not begun. */
function step(db: Connection, version: number): void {
  const run = db.transaction(() => {
    db.exec(MIGRATIONS[version] as string)
    db.pragma(`application_id = ${APPLICATION_ID}`)
    db.pragma(`user_version = ${version + 1}`)
  })
  run.immediate()
}

const versionOf = (db: Connection): number => Number(db.pragma('user_version', { simple: true }))

const refusal = (message: string, cause?: unknown): TributaryError =>
  new TributaryError('storage', message, { cause })

const foreign = (file: string, cause?: unknown): TributaryError =>
  refusal(
    `${file} is not a database of Tributary, or its beginning is damaged: ` +
      'put a backup in its place, or choose another folder with --data',
    cause,
  )

const damaged = (file: string, cause?: unknown): TributaryError =>
  refusal(
    `${file} is damaged: put a backup in its place, or save what can be read with sqlite3 ${file} .recover`,
    cause,
  )

const unwritable = (path: string, cause: unknown): TributaryError =>
  refusal(
    `the data folder ${path} cannot be written: make it writable for this user, or choose another one with --data`,
    cause,
  )
