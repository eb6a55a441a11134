import type { Position } from '../core/position.ts'
import type { Unreadable } from '../record/record.ts'
import { unsealSetAside } from '../record/set-aside-record.ts'
import type {
  Keep,
  LoadedSnapshot,
  ReaderCalls,
  SetAsideRow,
  SnapshotRecord,
  SnapshotRow,
  StoredBranch,
  StoredLog,
  Unfiled,
} from './calls.ts'
import { connect, isAnswer, isCorrupt, sqliteCode } from './connection.ts'
import type { Connection } from './driver.ts'
import { Journal } from './journal.ts'
import { BOUNDS, type JournalBounds } from './journal-bounds.ts'
import { Mover } from './mover.ts'
import { moved } from './serve.ts'
import { StoredLogs } from './stored-log.ts'
import { StoredSnapshots } from './stored-snapshots.ts'

/**
 * Everything but the promises of the writer: reads on a connection that cannot write, and on
 * another one what moves, drops or prepares. A failure of the disk closes both; the next call
 * opens them again and knows nothing of before.
 */
export class Reader implements ReaderCalls {
  readonly #file: string
  readonly #bounds: JournalBounds
  #tables: Tables | null = null

  constructor(file: string, bounds: JournalBounds = BOUNDS) {
    this.#file = file
    this.#bounds = bounds
  }

  lastEntity(): number {
    return this.#look(({ lastEntity }) => lastEntity())
  }

  branches(keys: readonly string[]): (StoredBranch | null | Unreadable)[] {
    return this.#look(({ logs }) => keys.map((key) => logs.branch(key)))
  }

  log(key: string, after: Position): StoredLog | null {
    const log = this.#look(({ logs }) => logs.read(key, after))
    return log && moved(log, [log.slab])
  }

  load(key: string): LoadedSnapshot {
    const loaded = this.#look(({ snapshots }) => snapshots.load(key))
    return loaded.snapshot === null ? loaded : moved(loaded, [loaded.snapshot.bytes])
  }

  begin(key: string, about: SnapshotRecord, replaces: Position | null): Keep | null {
    return this.#look(({ snapshots }) => snapshots.begin(key, about, replaces))
  }

  piece(snapshot: number, piece: number, bytes: Uint8Array): boolean {
    return this.#with(({ snapshots }) => snapshots.piece(snapshot, piece, bytes))
  }

  drop(snapshot: number): void {
    this.#with(({ snapshots }) => snapshots.drop(snapshot))
  }

  trim(key: string): boolean {
    return this.#look(({ snapshots }) => snapshots.trim(key))
  }

  snapshots(after: string, limit: number): SnapshotRow[] {
    return this.#look(({ snapshots }) => snapshots.list(after, limit))
  }

  setAside(after: number): SetAsideRow | null {
    return this.#look(({ nextAside }) => nextAside(after))
  }

  unfiled(): Unfiled {
    return this.#look(unfiledIn)
  }

  file(): Unfiled {
    this.#look(() => {})
    return this.#with((tables) => {
      tables.mover.file()
      return unfiledIn(tables)
    })
  }

  chore(): boolean {
    this.#look(() => {})
    return this.#with(({ mover }) => mover.slice())
  }

  close(): void {
    const tables = this.#tables
    this.#tables = null
    tables?.close()
  }

  /**
   * One look sees one state of everything, the journal included. It ends in a rollback, because a
   * commit fails after a page that could not be read, although nothing was to be written.
   */
  #look<Value>(look: (tables: Tables) => Value): Value {
    return this.#with((tables) => {
      tables.begin()
      try {
        tables.journal.catchUp()
        return look(tables)
      } finally {
        tables.end()
      }
    })
  }

  #with<Value>(work: (tables: Tables) => Value): Value {
    try {
      this.#tables ??= new Tables(this.#file, this.#bounds)
      return work(this.#tables)
    } catch (error) {
      if (sqliteCode(error) !== null && !isAnswer(error) && !isCorrupt(error)) this.close()
      throw error
    }
  }
}

const unfiledIn = ({ journal, mover }: Tables): Unfiled => ({
  ...journal.length,
  slices: mover.slicesToFile,
})

class Tables {
  readonly db: Connection
  readonly journal: Journal
  readonly logs: StoredLogs
  readonly snapshots: StoredSnapshots
  readonly mover: Mover
  readonly begin: () => void
  readonly end: () => void
  readonly lastEntity: () => number
  readonly nextAside: (after: number) => SetAsideRow | null
  readonly #writes: Connection

  constructor(file: string, bounds: JournalBounds) {
    this.#writes = connect(file, 'mover')
    try {
      this.db = connect(file, 'reader')
    } catch (error) {
      this.#writes.close()
      throw error
    }
    this.journal = new Journal(this.db, bounds)
    this.logs = new StoredLogs(this.db, this.journal)
    this.snapshots = new StoredSnapshots(this.db, this.#writes, this.logs)
    this.mover = new Mover(this.#writes, this.journal)
    const begin = this.db.prepare('BEGIN')
    const end = this.db.prepare('ROLLBACK')
    this.begin = () => void begin.run()
    this.end = () => void end.run()
    const sequence = this.db.prepare<[], { seq: number }>(
      "SELECT seq FROM sqlite_sequence WHERE name = 'entities'",
    )
    this.lastEntity = () => sequence.get()?.seq ?? 0
    const aside = this.db.prepare<[number], { no: number; key: string; record: Buffer }>(
      'SELECT no, key, record FROM set_aside WHERE no > ? ORDER BY no LIMIT 1',
    )
    this.nextAside = (after) => {
      for (let row = aside.get(after); row !== undefined; row = aside.get(row.no)) {
        const content = unsealSetAside(row.record)
        if (typeof content !== 'string') return { no: row.no, key: row.key, ...content }
      }
      return null
    }
  }

  close(): void {
    try {
      this.db.close()
    } finally {
      this.#writes.close()
    }
  }
}
