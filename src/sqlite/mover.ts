import type { Unreadable } from '../record/record.ts'
import { isCorrupt } from './connection.ts'
import type { Connection } from './driver.ts'
import { type EntityRow, EntityRows } from './entity-row.ts'
import type { Journal, JournalRow } from './journal.ts'

/** Rows that one transaction files, and bytes: about 1 ms in which the writer may have to wait. */
const FILED_AT_ONCE = 250
const BYTES_AT_ONCE = 1024 * 1024
const DELETED_AT_ONCE = 2_000
/** Pieces of a snapshot deleted at once, of 256 KB each. */
const PIECES_AT_ONCE = 16
const ENTRIES_AT_ONCE = 500
/** Pages given back to the file system at once. */
const PAGES_AT_ONCE = 256
/** Free pages that are kept for what comes next: so many (4 MB), and up to a quarter of the file. */
const PAGES_KEPT = 1_024

/** A filing under way: first all rows are copied, then they are deleted. */
interface Filing {
  /** By entity, because neighbours share pages. */
  readonly rows: readonly JournalRow[]
  /** The newest of them in the journal. */
  readonly upTo: number
  readonly atOnce: number
  copied: number
  deleted: number
}

/**
 * What is done behind everybody's back, a slice at a time, so that neither readers nor the writer
 * wait for it: filing the journal, deleting what was dropped, giving pages back.
 *
 * After a crash between copying and deleting, entries are found in both places: readers do not
 * notice, and the next filing finds them copied.
 */
export class Mover {
  readonly #db: Connection
  readonly #journal: Journal
  readonly #entities: EntityRows
  readonly #sql: ReturnType<typeof statements>
  #filing: Filing | null = null

  constructor(db: Connection, journal: Journal) {
    this.#db = db
    this.#journal = journal
    this.#entities = new EntityRows(db)
    this.#sql = statements(db)
    // Whoever wrote on them is gone.
    this.#sql.dropUnfinished.run()
  }

  /** @returns whether there is more. */
  slice(): boolean {
    return this.file() || this.#sweepSnapshot() || this.#sweepEntity() || this.#giveBack()
  }

  /** Slices until what is being filed has left the journal. */
  get slicesToFile(): number {
    if (this.#filing === null) return 0
    const { rows, copied, deleted, atOnce } = this.#filing
    const [toCopy, toDelete] = [rows.length - copied, rows.length - deleted]
    return Math.ceil(toCopy / atOnce) + Math.max(1, Math.ceil(toDelete / DELETED_AT_ONCE))
  }

  /** One slice of it. @returns whether there was anything to do. */
  file(): boolean {
    this.#filing ??= this.#journal.isLong ? this.#startFiling() : null
    const filing = this.#filing
    if (filing === null) return false
    if (filing.copied < filing.rows.length) this.#copy(filing)
    else if (!this.#deleteCopied(filing)) this.#filing = null
    return true
  }

  #startFiling(): Filing {
    const { rows, bytes, upTo } = this.#journal.startFiling()
    const atOnce = Math.ceil(Math.min(FILED_AT_ONCE, (rows.length * BYTES_AT_ONCE) / bytes))
    return { rows, upTo, atOnce, copied: 0, deleted: 0 }
  }

  #copy(filing: Filing): void {
    const next = filing.rows.slice(filing.copied, filing.copied + filing.atOnce)
    const known = new Map<number, EntityRow | Unreadable | null>()
    const copy = this.#db.transaction(() => {
      const wanted = next.filter((row) => {
        if (!known.has(row.entity)) known.set(row.entity, this.#entities.byNo(row.entity))
        return isWanted(row, known.get(row.entity) ?? null)
      })
      this.#copyRows(wanted)
    })
    copy.immediate()
    filing.copied += next.length
  }

  /** By one statement: 1.4 µs a row instead of 2.3. One by one where a page cannot be read. */
  #copyRows(rows: readonly JournalRow[]): void {
    const sound = rows.filter(({ isStray }) => !isStray)
    try {
      this.#sql.fileAll.run(JSON.stringify(sound.map(({ no }) => no)))
    } catch (error) {
      if (!isCorrupt(error)) throw error
      for (const row of sound) this.#copyRow(row)
    }
    for (const row of rows) if (row.isStray) this.#copyRow(row)
  }

  /**
   * One whose own page cannot be read is lost already, and the others are still to be filed. One that
   * could be read and not be put where it belongs stays in the journal, and so does all of this filing.
   */
  #copyRow({ no, entity, offset }: JournalRow): void {
    if (this.#isReadable(no)) this.#sql.file.run(entity, offset, no)
  }

  #isReadable(no: number): boolean {
    try {
      this.#sql.inJournal.get(no)
      return true
    } catch (error) {
      if (!isCorrupt(error)) throw error
      return false
    }
  }

  /** All but the newest row: the next number is one more than the highest that is there. */
  #deleteCopied(filing: Filing): boolean {
    const { upTo } = filing
    const first = this.#sql.firstInJournal.get()?.no ?? upTo
    const last = Math.min(first + DELETED_AT_ONCE, upTo - 1)
    if (first <= last) filing.deleted += this.#sql.deleteFromJournal.run(last).changes
    if (last < upTo - 1) return true
    this.#journal.forget(upTo - 1)
    return false
  }

  #sweepSnapshot(): boolean {
    const dropped = this.#sql.dropped.get()
    if (dropped === undefined) return false
    const { changes } = this.#sql.deletePieces.run(dropped.no, dropped.no, PIECES_AT_ONCE)
    if (changes === 0) this.#sql.deleteSnapshot.run(dropped.no)
    return true
  }

  #sweepEntity(): boolean {
    const removed = this.#sql.removed.get()
    if (removed === undefined) return false
    const { no } = removed
    if (this.#sql.dropSnapshots.run(no).changes > 0) return true
    const { changes } = this.#sql.deleteEntries.run(no, no, ENTRIES_AT_ONCE)
    if (changes === 0) this.#sql.deleteEntity.run(no)
    return true
  }

  #giveBack(): boolean {
    const free = this.#pragma('freelist_count')
    if (free <= PAGES_KEPT || free <= this.#pragma('page_count') / 4) return false
    this.#db.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`)
    return true
  }

  #pragma(name: string): number {
    return Number(this.#db.pragma(name, { simple: true }))
  }
}

/** Neither trimmed nor of a removed generation. When not even that can be told, it is kept. */
const isWanted = (row: JournalRow, entity: EntityRow | Unreadable | null): boolean =>
  entity !== null && (typeof entity === 'string' || row.offset > entity.base.offset)

const statements = (db: Connection) => ({
  file: db.prepare<[number, number, number]>(
    `INSERT INTO entries (entity, offset, record) SELECT ?, ?, record FROM journal WHERE no = ?
     ON CONFLICT (entity, offset) DO NOTHING`,
  ),
  // In the order of the list: `CROSS JOIN` keeps SQLite from going through the journal instead.
  fileAll: db.prepare<[string]>(
    `INSERT INTO entries (entity, offset, record)
     SELECT entity, offset, record FROM json_each(?) AS list CROSS JOIN journal ON no = list.value
     WHERE true ON CONFLICT (entity, offset) DO NOTHING`,
  ),
  inJournal: db.prepare<[number]>('SELECT record FROM journal WHERE no = ?'),
  firstInJournal: db.prepare<[], { no: number | null }>('SELECT min(no) AS no FROM journal'),
  deleteFromJournal: db.prepare<[number]>('DELETE FROM journal WHERE no <= ?'),
  dropUnfinished: db.prepare("UPDATE snapshots SET state = 'dropped' WHERE state = 'writing'"),
  dropped: db.prepare<[], { no: number }>(
    "SELECT no FROM snapshots WHERE state = 'dropped' LIMIT 1",
  ),
  deletePieces: db.prepare<[number, number, number]>(
    `DELETE FROM pieces WHERE snapshot = ? AND piece IN
       (SELECT piece FROM pieces WHERE snapshot = ? ORDER BY piece LIMIT ?)`,
  ),
  deleteSnapshot: db.prepare<[number]>('DELETE FROM snapshots WHERE no = ?'),
  removed: db.prepare<[], { no: number }>('SELECT no FROM entities WHERE key IS NULL LIMIT 1'),
  dropSnapshots: db.prepare<[number]>(
    "UPDATE snapshots SET state = 'dropped' WHERE entity = ? AND state != 'dropped'",
  ),
  deleteEntries: db.prepare<[number, number, number]>(
    `DELETE FROM entries WHERE entity = ? AND offset IN
       (SELECT offset FROM entries WHERE entity = ? ORDER BY offset LIMIT ?)`,
  ),
  deleteEntity: db.prepare<[number]>('DELETE FROM entities WHERE no = ?'),
})
