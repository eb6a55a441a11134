import type { Statement } from 'better-sqlite3'
import { isCorrupt } from './connection.ts'
import type { Connection } from './driver.ts'
import { placeOfRecord } from './entry-record.ts'

/** When it is worth filing: many entries of one entity are then written with one page. */
export interface Length {
  readonly rows: number
  readonly bytes: number
}

export const LONG: Length = { rows: 50_000, bytes: 16 * 1024 * 1024 }

export interface JournalRow {
  readonly no: number
  readonly entity: number
  readonly offset: number
}

/** The rows of one entity, oldest first. */
export interface JournalRows {
  readonly nos: number[]
  readonly offsets: number[]
}

type Columns = [no: number, entity: number, offset: number, bytes: number]

/**
 * Where in the journal the entries of each entity are. The table has no index, which is what makes
 * an append cheap; this one is in memory and takes in what is new before each look, 1 µs a row.
 *
 * Of a row that does not continue its entity's rows the record is asked, which says under its
 * checksum where it belongs: a flipped digit in a key must not become the end of a log.
 */
export class Journal {
  readonly #since: Statement<[number], Columns>
  readonly #record: Statement<[number], { record: Buffer }>
  readonly #lastNo: Statement<[], { no: number | null }>
  readonly #long: Length
  readonly #byEntity = new Map<number, JournalRows>()
  #last = 0
  #rows = 0
  #bytes = 0

  constructor(db: Connection, long: Length) {
    this.#long = long
    this.#since = db
      .prepare<[number], Columns>(
        'SELECT no, entity, offset, length(record) FROM journal WHERE no > ? ORDER BY no',
      )
      .raw()
    this.#record = db.prepare('SELECT record FROM journal WHERE no = ?')
    this.#lastNo = db.prepare('SELECT max(no) AS no FROM journal')
  }

  /** Whether there is enough to be filed. */
  get isLong(): boolean {
    return this.#rows >= this.#long.rows || this.#bytes >= this.#long.bytes
  }

  of(entity: number): JournalRows {
    return this.#byEntity.get(entity) ?? NO_ROWS
  }

  record(no: number): Buffer | null {
    try {
      return this.#record.get(no)?.record ?? null
    } catch (error) {
      if (isCorrupt(error)) return null
      throw error
    }
  }

  /** Takes in what was appended since the last look. */
  catchUp(): void {
    let tries = 0
    for (;;) {
      try {
        for (const row of this.#since.iterate(this.#last)) {
          this.#take(row)
          tries = 0
        }
        return
      } catch (error) {
        if (!isCorrupt(error) || this.#last >= (this.#lastNo.get()?.no ?? 0)) throw error
        // Past the page that cannot be read: row by row, and in strides where whole ranges are gone.
        this.#last += Math.ceil(++tries / 1_000)
      }
    }
  }

  /** All that has been taken in, entity by entity: it is about to be filed. */
  startFiling(): { readonly rows: JournalRow[]; readonly upTo: number } {
    this.#rows = 0
    this.#bytes = 0
    const rows: JournalRow[] = []
    for (const entity of [...this.#byEntity.keys()].sort((a, b) => a - b)) {
      const { nos, offsets } = this.of(entity)
      for (const [i, no] of nos.entries()) {
        rows.push({ no, entity, offset: offsets[i] as number })
      }
    }
    return { rows, upTo: this.#last }
  }

  /** Rows up to there have been filed, and deleted. */
  forget(upTo: number): void {
    for (const [entity, rows] of this.#byEntity) {
      const kept = rows.nos.findIndex((no) => no > upTo)
      if (kept < 0) this.#byEntity.delete(entity)
      else if (kept > 0) {
        rows.nos.splice(0, kept)
        rows.offsets.splice(0, kept)
      }
    }
  }

  #take([no, entity, offset, bytes]: Columns): void {
    this.#last = no
    this.#rows++
    this.#bytes += bytes
    const follows = this.of(entity).offsets.at(-1) === offset - 1
    const place = follows ? null : placeOfRecord(this.record(no) ?? EMPTY)
    this.#add(no, place?.entity ?? entity, place?.offset ?? offset)
  }

  #add(no: number, entity: number, offset: number): void {
    const rows = this.#byEntity.get(entity)
    if (rows === undefined) this.#byEntity.set(entity, { nos: [no], offsets: [offset] })
    else {
      rows.nos.push(no)
      rows.offsets.push(offset)
    }
  }
}

const EMPTY = Buffer.alloc(0)
const NO_ROWS: JournalRows = { nos: [], offsets: [] }
