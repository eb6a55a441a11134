import type { Statement } from 'better-sqlite3'
import type { Place } from '../core/branch.ts'
import { TributaryError } from '../core/errors.ts'
import { ORIGIN, type Position, samePosition } from '../core/position.ts'
import { type Unreadable, unsealJson, unsealTwin } from '../record/record.ts'
import type { Tombstone } from '../record/tombstone-record.ts'
import type { SnapshotRecord, StoredBranch, StoredLog, StoredRow } from './calls.ts'
import { isCorrupt } from './connection.ts'
import type { Connection } from './driver.ts'
import { type EntityRow, EntityRows } from './entity-row.ts'
import { checkOfRecord, contentOfRecord, isWholeAt, placeOfRecord } from './entry-record.ts'
import type { Journal } from './journal.ts'

/** An entry as it lies there. */
export interface StoredRecord {
  readonly offset: number
  readonly record: Buffer
}

/**
 * The logs of entities as they are stored: what is filed and what is still in the journal, as one.
 *
 * What cannot be read is passed over row by row, so that a damaged page costs its own entries only.
 * Call it inside a transaction: the journal and the tables are looked at one after the other.
 */
export class StoredLogs {
  readonly #journal: Journal
  readonly #entities: EntityRows
  readonly #lastFiled: Statement<[number, number], StoredRecord>
  readonly #filedAt: Statement<[number, number], StoredRecord>
  readonly #filedBehind: Statement<[number, number, number], StoredRecord>
  readonly #snapshots: Statement<[number], { record: Buffer }>
  readonly #tombstones: Statement<[string], { record: Buffer; twin: Buffer }>

  constructor(db: Connection, journal: Journal) {
    this.#journal = journal
    this.#entities = new EntityRows(db)
    const filed = 'SELECT offset, record FROM entries WHERE entity = ?'
    this.#lastFiled = db.prepare(`${filed} AND offset < ? ORDER BY offset DESC LIMIT 1`)
    this.#filedAt = db.prepare(`${filed} AND offset = ?`)
    this.#filedBehind = db.prepare(`${filed} AND offset > ? AND offset <= ? ORDER BY offset`)
    this.#snapshots = db.prepare("SELECT record FROM snapshots WHERE entity = ? AND state = 'kept'")
    this.#tombstones = db.prepare(
      'SELECT record, twin FROM tombstones WHERE key = ? ORDER BY generation',
    )
  }

  branch(key: string): StoredBranch | Unreadable | null {
    const row = this.#entities.byKey(key)
    return row === null || typeof row === 'string' ? row : this.branchOf(row)
  }

  branchOf({ no, epoch, base }: EntityRow): StoredBranch {
    return { entity: no, epoch, base, head: this.#head(no, base) }
  }

  /** What is behind `after`; nothing when it is certain that the log does not go through it. */
  read(key: string, after: Position): StoredLog | null {
    const branch = this.branch(key)
    if (branch === null) return null
    if (typeof branch === 'string') throw unreadable(key, branch)
    const { entity, base, head, epoch } = branch
    const isOurs = samePosition(after, ORIGIN) || after.epoch === epoch
    const records =
      isOurs && after.offset >= base.offset ? this.records(entity, after.offset, head.offset) : []
    return {
      branch,
      checkAt: this.checkAt(entity, after.offset),
      tombstones: this.#tombstonesOf(key),
      ...packed(entity, records),
    }
  }

  /** The check of the entry at an offset; `null` when there is none. */
  checkAt(entity: number, offset: number): string | null {
    const [found] = this.records(entity, offset - 1, offset)
    return this.#checkOf(entity, offset, found?.record ?? null)
  }

  /**
   * A record that is damaged or gone may be the one that a snapshot ends at: that snapshot knows its
   * check too. Taken from a flipped byte, the log would not go through the snapshot any more, and
   * what is appended would not continue it.
   */
  #checkOf(entity: number, offset: number, record: Buffer | null): string | null {
    if (record !== null && isWholeAt(record, entity, offset)) return checkOfRecord(record)
    for (const { record: about } of this.#snapshots.all(entity)) {
      const snapshot = unsealJson<SnapshotRecord>(about)
      if (typeof snapshot === 'string' || snapshot.position.offset !== offset) continue
      return snapshot.position.check
    }
    return record === null ? null : checkOfRecord(record)
  }

  /** Entries behind one offset and up to another, by offset. */
  records(entity: number, after: number, upTo: number): StoredRecord[] {
    const found = new Map<number, StoredRecord>()
    for (const filed of this.#filed(entity, after, upTo)) found.set(filed.offset, filed)
    const { nos, offsets } = this.#journal.of(entity)
    for (const [i, offset] of offsets.entries()) {
      if (offset <= after || offset > upTo) continue
      const record = this.#journal.record(nos[i] as number)
      if (record !== null) found.set(offset, { offset, record })
    }
    return [...found.values()].sort((a, b) => a.offset - b.offset)
  }

  #filed(entity: number, after: number, upTo: number): StoredRecord[] {
    try {
      return this.#filedBehind.all(entity, after, upTo)
    } catch (error) {
      if (!isCorrupt(error)) throw error
    }
    const found: StoredRecord[] = []
    for (let offset = after + 1; offset <= upTo; offset++) {
      try {
        const one = this.#filedAt.get(entity, offset)
        if (one !== undefined) found.push(one)
      } catch (error) {
        if (!isCorrupt(error)) throw error
      }
    }
    return found
  }

  #head(entity: number, base: Place): Place {
    let head = base
    const filed = this.#lastFiledOf(entity)
    if (filed !== undefined && filed.offset > head.offset) {
      head = this.#headAt(entity, filed.offset, filed.record)
    }
    const { nos, offsets } = this.#journal.of(entity)
    const [no, offset] = [nos.at(-1), offsets.at(-1)]
    if (no !== undefined && offset !== undefined && offset > head.offset) {
      head = this.#headAt(entity, offset, this.#journal.record(no))
    }
    return head
  }

  #headAt(entity: number, offset: number, record: Buffer | null): Place {
    const check = this.#checkOf(entity, offset, record)
    return { offset, check: check ?? checkOfRecord(Buffer.alloc(0)) }
  }

  /** Past rows whose record says that it belongs elsewhere: their key has flipped. */
  #lastFiledOf(entity: number): StoredRecord | undefined {
    let below = Number.MAX_SAFE_INTEGER
    for (;;) {
      const last = this.#lastFiled.get(entity, below)
      if (last === undefined) return undefined
      const place = placeOfRecord(last.record)
      if (place === null || (place.entity === entity && place.offset === last.offset)) return last
      below = last.offset
    }
  }

  #tombstonesOf(key: string): Tombstone[] {
    return this.#tombstones.all(key).map(({ record, twin }) => {
      const tombstone = unsealTwin<Tombstone>(record, twin)
      if (typeof tombstone === 'string') throw unreadable(key, tombstone)
      return tombstone
    })
  }
}

/** Without its name, or without knowing what was removed from it, an entity cannot be served. */
export const unreadable = (key: string, why: Unreadable): TributaryError =>
  new TributaryError('damaged', `what is stored about the entity ${key} is ${why}`)

/** Contents one behind the other in a buffer of their own, which can be handed over as it is. */
function packed(
  entity: number,
  records: readonly StoredRecord[],
): { readonly rows: readonly StoredRow[]; readonly slab: ArrayBuffer } {
  const contents = records.map(({ offset, record }) => contentOfRecord(record, entity, offset))
  const size = contents.reduce((sum, one) => sum + (typeof one === 'string' ? 0 : one.length), 0)
  const slab = new Uint8Array(size)
  let at = 0
  const rows = records.map(({ offset, record }, i): StoredRow => {
    const check = checkOfRecord(record)
    const content = contents[i] as Uint8Array | Unreadable
    if (typeof content === 'string') return { offset, check, content }
    slab.set(content, at)
    at += content.length
    return { offset, check, content: { from: at - content.length, to: at } }
  })
  return { rows, slab: slab.buffer }
}
