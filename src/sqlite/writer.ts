import { generationOf } from '../core/position.ts'
import { sealInPlace, sealJson } from '../record/record.ts'
import { sealSetAside } from '../record/set-aside-record.ts'
import type { Change, Group, Keep, WriterCalls } from './calls.ts'
import { connect, isAnswer } from './connection.ts'
import type { Connection } from './driver.ts'
import { beginning } from './entity-row.ts'

/** An entry of more bytes goes to its place at once: moving it later would write it twice. */
const TOO_LARGE_FOR_JOURNAL = 64 * 1024

/**
 * The one connection whose commits are promises. It decides nothing: places, checks and conditions
 * come with the group.
 *
 * A full disk is an answer: the transaction is gone, the connection goes on. After any other failure
 * the connection is closed, and the next call opens a new one: after a failed fsync nobody knows
 * what the system still holds of the pages it was given.
 */
export class Writer implements WriterCalls {
  readonly #file: string
  #tables: Tables | null = null

  constructor(file: string) {
    this.#file = file
  }

  open(): void {
    this.#opened()
  }

  commit(group: Group): void {
    const records = sealed(group)
    this.#durably((tables) => {
      for (const change of group.changes) tables.change(change)
      for (const [i, record] of records.entries()) {
        tables.append(group.entities[i] as number, group.offsets[i] as number, record)
      }
    })
  }

  keep(what: Keep): boolean {
    return this.#durably((tables) => tables.keep(what))
  }

  probe(): void {
    this.#durably((tables) => tables.probe())
  }

  close(): void {
    this.#tables?.db.close()
    this.#tables = null
  }

  /** For tests, which set its limits and read its settings back. */
  protected get connection(): Connection {
    return this.#opened().db
  }

  #opened(): Tables {
    this.#tables ??= new Tables(connect(this.#file, 'writer'))
    return this.#tables
  }

  #durably<Value>(work: (tables: Tables) => Value): Value {
    try {
      const tables = this.#opened()
      return tables.db.transaction(() => work(tables)).immediate()
    } catch (error) {
      this.#tables?.forget()
      if (!isAnswer(error)) this.#giveUp()
      throw error
    }
  }

  #giveUp(): void {
    const tables = this.#tables
    this.#tables = null
    try {
      tables?.db.close()
    } catch {
      // The failure that led here is the one to tell.
    }
  }
}

function sealed({ slab, ends }: Group): Uint8Array[] {
  let from = 0
  return ends.map((to) => {
    const record = new Uint8Array(slab, from, to - from)
    sealInPlace(record)
    from = to
    return record
  })
}

/** The statements of the writer's connection. */
class Tables {
  readonly db: Connection
  readonly #sql: ReturnType<typeof statements>
  /** What all that is set aside counts; `null` when it has to be added up again. */
  #aside: number | null = null

  constructor(db: Connection) {
    this.db = db
    this.#sql = statements(db)
  }

  /** A transaction has failed: nothing that was counted in it is true. */
  forget(): void {
    this.#aside = null
  }

  append(entity: number, offset: number, record: Uint8Array): void {
    const isLarge = record.length > TOO_LARGE_FOR_JOURNAL
    const insert = isLarge ? this.#sql.file : this.#sql.append
    insert.run(entity, offset, record)
  }

  change(change: Change): void {
    const { begin, forget, bury } = this.#sql
    if (change.is === 'set-aside') {
      this.#setAside(change)
      return
    }
    if (change.is === 'remove') {
      forget.run(change.key)
      const tombstone = sealJson(change.tombstone)
      bury.run(change.key, generationOf(change.epoch) - 1, tombstone, tombstone)
    }
    const record = beginning(change.epoch)
    begin.run(change.entity, change.key, record, record)
  }

  keep({ snapshot, entity, newest }: Keep): boolean {
    const { lives, newestKept, keep, dropOlder } = this.#sql
    if (lives.get(entity) === undefined || newestKept.get(entity)?.no !== newest) return false
    if (keep.run(snapshot).changes === 0) return false
    if (newest !== null) dropOlder.run(entity, newest)
    return true
  }

  /** Takes pages and gives them back, so that it fails where an append would. */
  probe(): void {
    this.#sql.takePages.run()
    this.#sql.givePages.run()
  }

  #setAside(change: Extract<Change, { is: 'set-aside' }>): void {
    const { keepAside, costAside, oldestAside, dropAside } = this.#sql
    let kept = this.#aside ?? costAside.get()?.cost ?? 0
    keepAside.run(change.key, change.cost, sealSetAside(change))
    kept += change.cost
    for (
      let oldest = oldestAside.get();
      oldest && kept > change.bound;
      oldest = oldestAside.get()
    ) {
      dropAside.run(oldest.no)
      kept -= oldest.cost
    }
    this.#aside = kept
  }
}

const statements = (db: Connection) => ({
  append: db.prepare<[number, number, Uint8Array]>(
    'INSERT INTO journal (entity, offset, record) VALUES (?, ?, ?)',
  ),
  file: db.prepare<[number, number, Uint8Array]>(
    'INSERT INTO entries (entity, offset, record) VALUES (?, ?, ?)',
  ),
  begin: db.prepare<[number, string, Uint8Array, Uint8Array]>(
    'INSERT INTO entities (no, key, record, twin) VALUES (?, ?, ?, ?)',
  ),
  forget: db.prepare<[string]>('UPDATE entities SET key = NULL WHERE key = ?'),
  bury: db.prepare<[string, number, Uint8Array, Uint8Array]>(
    'INSERT INTO tombstones (key, generation, record, twin) VALUES (?, ?, ?, ?)',
  ),
  lives: db.prepare<[number], object>('SELECT 1 FROM entities WHERE no = ? AND key IS NOT NULL'),
  newestKept: db.prepare<[number], { no: number | null }>(
    "SELECT max(no) AS no FROM snapshots WHERE entity = ? AND state = 'kept'",
  ),
  keep: db.prepare<[number]>(
    "UPDATE snapshots SET state = 'kept' WHERE no = ? AND state = 'writing'",
  ),
  dropOlder: db.prepare<[number, number]>(
    "UPDATE snapshots SET state = 'dropped' WHERE entity = ? AND state IN ('kept', 'damaged') AND no < ?",
  ),
  takePages: db.prepare('INSERT INTO pieces VALUES (-1, 0, zeroblob(16384))'),
  givePages: db.prepare('DELETE FROM pieces WHERE snapshot = -1'),
  keepAside: db.prepare<[string, number, Uint8Array]>(
    'INSERT INTO set_aside (key, cost, record) VALUES (?, ?, ?)',
  ),
  costAside: db.prepare<[], { cost: number }>(
    'SELECT coalesce(sum(cost), 0) AS cost FROM set_aside',
  ),
  oldestAside: db.prepare<[], { no: number; cost: number }>(
    'SELECT no, cost FROM set_aside ORDER BY no LIMIT 1',
  ),
  dropAside: db.prepare<[number]>('DELETE FROM set_aside WHERE no = ?'),
})
