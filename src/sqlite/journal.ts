import type { Statement } from 'better-sqlite3'
import { isCorrupt } from './connection.ts'
import type { Connection } from './driver.ts'
import { PLACE_IN_SQL, placeInHex, placeOfRecord } from './entry-record.ts'
import { type JournalBounds, type Length, reaches, shareOfRoom } from './journal-bounds.ts'

/** Of what lies there a filing takes at least so much, also when there is no room left. */
const LEAST_FILED = 1 / 4

export interface JournalRow {
  readonly no: number
  readonly entity: number
  readonly offset: number
  /** Its columns say otherwise: a digit of its key has flipped. */
  readonly isStray: boolean
}

/** The rows of one entity, oldest first. */
export interface JournalRows {
  readonly nos: number[]
  readonly offsets: number[]
  /** Of their records, in bytes. */
  readonly sizes: number[]
}

type Columns = [no: number, entity: number, offset: number, bytes: number, place: string | null]

/** What is longer lies on pages of its own, which a start need not read. */
const SHORT_RECORD = 2_000

/**
 * Where in the journal the entries of each entity are. The table has no index, which is what makes
 * an append cheap; this one is in memory and takes in what is new before each look, 1 µs a row.
 *
 * Of a row that does not continue its entity's rows the record is asked, which says under its
 * checksum where it belongs: a flipped digit in a key must not become the end of a log. After a start
 * that may be every row. Then all are compared with the place in their record as they are read, and
 * only one that differs is asked: 2 µs a row instead of 4, with as many entities as rows.
 */
export class Journal {
  readonly #all: Statement<[number], Columns>
  readonly #since: Statement<[number], Columns>
  readonly #record: Statement<[number], { record: Buffer }>
  readonly #lastNo: Statement<[], { no: number | null }>
  readonly #bounds: JournalBounds
  readonly #byEntity = new Map<number, JournalRows>()
  readonly #strays = new Set<number>()
  /** The newest row that has been filed, and the newest one there is. */
  #filed = 0
  #last = 0
  #rows = 0
  #bytes = 0

  constructor(db: Connection, bounds: JournalBounds) {
    this.#bounds = bounds
    const rows = (place: string) =>
      db
        .prepare<[number], Columns>(
          `SELECT no, entity, offset, length(record), ${place} FROM journal WHERE no > ? ORDER BY no`,
        )
        .raw()
    this.#all = rows(`iif(length(record) < ${SHORT_RECORD}, ${PLACE_IN_SQL}, NULL)`)
    this.#since = rows('NULL')
    this.#record = db.prepare('SELECT record FROM journal WHERE no = ?')
    this.#lastNo = db.prepare('SELECT max(no) AS no FROM journal')
  }

  /** Whether there is enough to be filed. */
  get isLong(): boolean {
    return reaches(this.length, this.#bounds.filed)
  }

  get length(): Length {
    return { rows: this.#rows, bytes: this.#bytes }
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
        const rows = this.#last === 0 ? this.#all : this.#since
        for (const row of rows.iterate(this.#last)) {
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

  /**
   * What is to be filed now, entity by entity: all that has been taken in, or as much of the oldest
   * as there is room left until the bound. What comes meanwhile has that room: were all of a journal
   * filed that is nearly full, as one is left by a `kill -9`, the next commit would wait for all of it.
   */
  startFiling(): { readonly rows: JournalRow[]; readonly bytes: number; readonly upTo: number } {
    const share = 1 / shareOfRoom(this.length, this.length, this.#bounds.most)
    const count = Math.ceil(this.#rows * Math.max(LEAST_FILED, share))
    // Numbers have gaps only where rows are lost.
    const upTo = Math.min(this.#last, this.#filed + count)
    const rows: JournalRow[] = []
    let bytes = 0
    for (const entity of [...this.#byEntity.keys()].sort((a, b) => a - b)) {
      const { nos, offsets, sizes } = this.of(entity)
      for (const [i, no] of nos.entries()) {
        if (no > upTo) break
        rows.push({ no, entity, offset: offsets[i] as number, isStray: this.#strays.has(no) })
        bytes += sizes[i] as number
      }
    }
    return { rows, bytes, upTo }
  }

  /** Rows up to there have been filed, and deleted. */
  forget(upTo: number): void {
    this.#filed = upTo
    for (const no of this.#strays) if (no <= upTo) this.#strays.delete(no)
    for (const [entity, { nos, offsets, sizes }] of this.#byEntity) {
      const kept = nos.findIndex((no) => no > upTo)
      const gone = kept < 0 ? nos.length : kept
      this.#rows -= gone
      for (let i = 0; i < gone; i++) this.#bytes -= sizes[i] as number
      if (kept < 0) this.#byEntity.delete(entity)
      else if (kept > 0) for (const column of [nos, offsets, sizes]) column.splice(0, kept)
    }
  }

  #take([no, entity, offset, bytes, recorded]: Columns): void {
    if (this.#rows === 0) this.#filed = no - 1
    this.#last = no
    this.#rows++
    this.#bytes += bytes
    const isSound =
      this.of(entity).offsets.at(-1) === offset - 1 ||
      (recorded !== null && recorded === placeInHex(entity, offset))
    const place = isSound ? null : placeOfRecord(this.record(no) ?? EMPTY)
    if (place !== null && (place.entity !== entity || place.offset !== offset)) this.#strays.add(no)
    this.#add(no, place?.entity ?? entity, place?.offset ?? offset, bytes)
  }

  #add(no: number, entity: number, offset: number, bytes: number): void {
    const rows = this.#byEntity.get(entity)
    if (rows === undefined) {
      this.#byEntity.set(entity, { nos: [no], offsets: [offset], sizes: [bytes] })
    } else {
      rows.nos.push(no)
      rows.offsets.push(offset)
      rows.sizes.push(bytes)
    }
  }
}

const EMPTY = Buffer.alloc(0)
const NO_ROWS: JournalRows = { nos: [], offsets: [], sizes: [] }
