import type { Cancel, Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Position } from '../core/position.ts'
import type { Unreadable } from '../record/record.ts'
import { Backlog } from './backlog.ts'
import type {
  Group,
  Keep,
  LoadedSnapshot,
  ReaderCalls,
  SetAsideRow,
  SnapshotRecord,
  SnapshotRow,
  StoredBranch,
  StoredLog,
  Unfiled,
  WriterCalls,
} from './calls.ts'
import { BOUNDS, type JournalBounds, type Length } from './journal-bounds.ts'
import { prepare } from './prepare.ts'
import { Thread } from './thread.ts'

export interface SqliteOptions {
  /** The data folder. Made if it is not there. */
  readonly folder: string
  /** The built entry files `sqlite/writer-thread.js` and `sqlite/reader-thread.js`. */
  readonly threads: { readonly writer: URL; readonly reader: URL }
  readonly clock: Pick<Clock, 'after'>
  readonly logger: Logger
  /** Smaller ones for tests. */
  readonly journal?: JournalBounds
}

/** After a failed commit the disk is tried again so often, in ms. */
const PROBE_MS = 1_000
/** Bytes committed after which the reader's thread is asked whether there is something to file. */
const CHORES_AFTER = 4 * 1024 * 1024

/**
 * Opens the database of a data folder, for this process alone.
 *
 * @throws {TributaryError} `storage`, one line that names the remedy: the folder cannot be made or
 *   written, is in use, holds no database of ours, a newer or a damaged one. Nothing is changed then.
 * @example
 * const store = await openSqlite({ folder: './data', threads, clock, logger })
 * const log = new SqliteLog(store, { clock, random, logger, limits, paces })
 * const snapshots = new SqliteSnapshots(store)
 */
export async function openSqlite(options: SqliteOptions): Promise<SqliteStore> {
  const { file, release } = prepare(options.folder)
  const bounds = options.journal ?? BOUNDS
  const data = { file, bounds }
  const writer = new Thread<WriterCalls>(options.threads.writer, 'sqlite writer', data)
  const reader = new Thread<ReaderCalls>(options.threads.reader, 'sqlite reader', data)
  try {
    const backlog = new Backlog(bounds)
    const [lastEntity] = await Promise.all([
      reader.call('lastEntity', []),
      backlog.ask(() => reader.call('unfiled', [])),
      writer.call('open', []),
    ])
    return new SqliteStore({ writer, reader, release, lastEntity, backlog }, options)
  } catch (error) {
    await Promise.all([writer.close(), reader.close()])
    release()
    throw isFull(error) ? noRoom(options.folder, error) : error
  }
}

/** SQLite needs some pages beside the database before anything can even be read. */
const isFull = (error: unknown): boolean =>
  error instanceof Error && (error.cause as { code?: unknown } | undefined)?.code === 'SQLITE_FULL'

const noRoom = (folder: string, cause: unknown): TributaryError =>
  new TributaryError(
    'storage',
    `the disk of the data folder ${folder} is full: make room on it, or choose another folder with --data`,
    { cause },
  )

/** What answers calls. */
type Callee<Calls extends { close(): void }> = Pick<Thread<Calls>, 'call' | 'close'>

export interface StoreParts {
  readonly writer: Callee<WriterCalls>
  readonly reader: Callee<ReaderCalls>
  readonly release: () => void
  readonly lastEntity: number
  readonly backlog: Backlog
}

/**
 * The database as its adapters see it: the writer's thread for what must be durable, the reader's
 * for all else. Knows rows and records; what they mean is the adapters' business.
 */
export class SqliteStore {
  readonly #writer: Callee<WriterCalls>
  readonly #reader: Callee<ReaderCalls>
  readonly #release: () => void
  readonly #options: SqliteOptions
  readonly #backlog: Backlog
  #lastEntity: number
  #trouble: TributaryError | null = null
  #stopProbe: Cancel = () => {}
  /** The last write; chores start behind it, so that it need not wait for a lock they hold. */
  #writing: Promise<unknown> = Promise.resolve()
  #sinceChores = 0
  #choresWanted = false
  #chores: Promise<void> | null = null
  #closing: Promise<void> | null = null

  constructor(parts: StoreParts, options: SqliteOptions) {
    this.#writer = parts.writer
    this.#reader = parts.reader
    this.#release = parts.release
    this.#lastEntity = parts.lastEntity
    this.#backlog = parts.backlog
    this.#options = options
    this.#startChores()
  }

  /** Why nothing can be made durable now; `null` when it can. Looks again by itself. */
  get trouble(): TributaryError | null {
    return this.#trouble
  }

  /** A number that no entity has had. */
  nextEntity(): number {
    return ++this.#lastEntity
  }

  /**
   * One transaction, durable when this resolves. The group's slab is gone afterwards.
   *
   * @throws {TributaryError} `storage`: nothing of it is there.
   */
  async commit(group: Group): Promise<void> {
    const added = { rows: group.ends.length, bytes: group.slab.byteLength }
    if (this.#backlog.isPaid) await this.#fileFor(added)
    await this.#durably(() => this.#writer.call('commit', [group], [group.slab]))
    this.#backlog.add(added)
    this.#sinceChores += added.bytes
    const removes = group.changes.some(({ is }) => is === 'remove')
    const isDue = this.#sinceChores > CHORES_AFTER || this.#backlog.isLong
    if (removes || isDue) this.#startChores()
  }

  branches(keys: readonly string[]): Promise<(StoredBranch | null | Unreadable)[]> {
    return this.#reader.call('branches', [keys])
  }

  log(key: string, after: Position): Promise<StoredLog | null> {
    return this.#reader.call('log', [key, after])
  }

  loadSnapshot(key: string): Promise<LoadedSnapshot> {
    return this.#reader.call('load', [key])
  }

  /** `null` when the conditions of a commit do not hold. */
  beginSnapshot(
    key: string,
    about: SnapshotRecord,
    replaces: Position | null,
  ): Promise<Keep | null> {
    return this.#reader.call('begin', [key, about, replaces])
  }

  /** `bytes` has a buffer of its own, which is gone afterwards. @returns false when it was dropped. */
  writePiece(snapshot: number, piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    return this.#reader.call('piece', [snapshot, piece, bytes], [bytes.buffer])
  }

  async dropSnapshot(snapshot: number): Promise<void> {
    await this.#reader.call('drop', [snapshot])
    this.#startChores()
  }

  async keepSnapshot(keep: Keep): Promise<boolean> {
    return this.#durably(() => this.#writer.call('keep', [keep]))
  }

  /**
   * Trims the log of an entity as far as its older snapshot allows. Never fails: the log is longer
   * than need be until the next trim.
   */
  async trim(key: string): Promise<void> {
    try {
      while (await this.#reader.call('trim', [key]));
    } catch (thrown) {
      this.#warn('storage trim failed', TributaryError.from(thrown))
    }
    this.#startChores()
  }

  async *snapshots(): AsyncGenerator<SnapshotRow> {
    let after = ''
    for (;;) {
      const rows = await this.#reader.call('snapshots', [after, 500])
      yield* rows
      const last = rows.at(-1)
      if (last === undefined) return
      after = last.key
    }
  }

  async *setAside(): AsyncGenerator<SetAsideRow> {
    let after = 0
    for (;;) {
      const row = await this.#reader.call('setAside', [after])
      if (row === null) return
      yield row
      after = row.no
    }
  }

  /** What is under way is settled first; then the folder is free for others. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#stopProbe()
    const chores = this.#chores
    await Promise.all([this.#writer.close(), this.#reader.close()])
    await chores
    this.#release()
  }

  async #durably<Value>(write: () => Promise<Value>): Promise<Value> {
    try {
      const writing = write()
      this.#writing = writing.catch(() => {})
      const value = await writing
      this.#setTrouble(null)
      return value
    } catch (thrown) {
      const error = TributaryError.from(thrown)
      if (error.code === 'storage') this.#setTrouble(error)
      throw error
    }
  }

  #setTrouble(trouble: TributaryError | null): void {
    const { logger } = this.#options
    if (trouble !== null && this.#trouble === null) {
      logger.error('storage failed', { error: trouble })
      this.#probeLater()
    }
    if (trouble === null && this.#trouble !== null) {
      logger.info('storage recovered')
      this.#stopProbe()
    }
    this.#trouble = trouble
  }

  #probeLater(): void {
    this.#stopProbe = this.#options.clock.after(PROBE_MS, () => {
      this.#durably(() => this.#writer.call('probe', [])).catch(() => {
        if (this.#trouble !== null && this.#closing === null) this.#probeLater()
      })
    })
  }

  /**
   * What a commit pays for being added to a long journal. One that cannot be filed is no reason to
   * refuse anything: it is appended to, and a start takes longer.
   */
  async #fileFor(added: Length): Promise<void> {
    try {
      let { slices } = await this.#askForBacklog('file')
      let owed = this.#backlog.owed(added, slices)
      // Slices that the chores do meanwhile count too.
      const left = slices - owed
      for (; owed > 0 && slices > left; owed--) {
        slices = (await this.#askForBacklog('file')).slices
      }
    } catch (thrown) {
      this.#backlog.forget()
      this.#warn('storage filing failed', TributaryError.from(thrown))
    }
  }

  #askForBacklog(how: 'file' | 'unfiled'): Promise<Unfiled> {
    return this.#backlog.ask(() => this.#reader.call(how, []))
  }

  /** One slice after the other, with everyone else's calls in between. */
  #startChores(): void {
    this.#sinceChores = 0
    this.#choresWanted = this.#closing === null
    this.#chores ??= this.#runChores().finally(() => {
      this.#chores = null
    })
  }

  async #runChores(): Promise<void> {
    try {
      while (this.#choresWanted) {
        this.#choresWanted = false
        do await this.#writing
        while (await this.#reader.call('chore', []))
        await this.#askForBacklog('unfiled')
      }
    } catch (thrown) {
      // What comes next takes them up again; until then the files are larger than need be.
      this.#backlog.forget()
      this.#warn('storage chores failed', TributaryError.from(thrown))
    }
  }

  #warn(event: string, error: TributaryError): void {
    if (error.code !== 'draining') this.#options.logger.warn(event, { error })
  }
}
