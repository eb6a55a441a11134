import { crc32 } from 'node:zlib'
import { RECORD_HEAD } from '../../src/record/record.ts'
import type { Connection } from '../../src/sqlite/driver.ts'
import { withDatabase } from './sqlite-store.ts'

/**
 * What a stored value is to its entity: its `name` (stored twice), a snapshot of the `younger` or the
 * `older` generation, an entry that the younger one `covers`, an entry `behind` both.
 */
export type Value = 'name' | 'younger' | 'older' | 'covered' | 'behind'

/** A copy of an entity of which one byte has flipped. */
export interface Flipped {
  /** Its id. */
  readonly id: string
  readonly value: Value
}

interface Cell {
  readonly value: Value
  readonly record: Buffer
  readonly store: (db: Connection, entity: number, snapshots: readonly number[]) => StoreCell
}
type StoreCell = (record: Buffer) => void

/**
 * Copies an entity once for each byte of its stored values, that byte flipped: a start of the server
 * then meets every damage there is, each beside a thousand others.
 *
 * @param folder Of a server that is stopped.
 * @param id Of an entity with two generations and entries behind them.
 * @returns the copies.
 */
export function flipEveryByte(folder: string, id: string): Flipped[] {
  return withDatabase(folder, (db) => {
    const cells = cellsOf(db, `default/${id}`)
    const flipped: Flipped[] = []
    const copyAll = db.transaction(() => {
      for (const [which, { value, record }] of cells.entries()) {
        for (let at = 0; at < record.length; at++) {
          const copy = `${id}-${which}-${at}`
          put(db, `default/${copy}`, cells, [{ which, at }])
          flipped.push({ id: copy, value })
        }
      }
    })
    copyAll()
    return flipped
  })
}

/** A copy of which nothing can be opened: a byte of either generation has flipped. */
export function flipBoth(folder: string, id: string): string {
  return withDatabase(folder, (db) => {
    const cells = cellsOf(db, `default/${id}`)
    const which = (value: Value) => cells.findIndex((cell) => cell.value === value)
    const flips = [which('younger'), which('older')].map((cell) => ({ which: cell, at: 3 }))
    put(db, `default/${id}-both`, cells, flips)
    return `${id}-both`
  })
}

interface Row {
  readonly no: number
  readonly record: Buffer
}

function cellsOf(db: Connection, key: string): Cell[] {
  const rows = (sql: string, ...of: readonly unknown[]) => db.prepare(sql).all(...of) as Row[]
  const [name] = rows('SELECT no, record FROM entities WHERE key = ?', key) as [Row]
  const kept = rows(
    "SELECT no, record FROM snapshots WHERE entity = ? AND state = 'kept' ORDER BY no",
    name.no,
  )
  if (kept.length !== 2) throw new Error(`${key} has ${kept.length} generations`)
  const covered = (JSON.parse(bodyOf(kept[1] as Row)) as { position: { offset: number } }).position
  const entries = ['journal', 'entries'].flatMap((table) =>
    rows(`SELECT offset AS no, record FROM ${table} WHERE entity = ?`, name.no),
  )
  const base = (JSON.parse(bodyOf(name)) as { base: { offset: number } }).base.offset
  return [
    nameCell(name.record, 'record'),
    nameCell(name.record, 'twin'),
    ...kept.flatMap(({ no, record }, generation) => [
      aboutCell(record, generation),
      ...rows('SELECT piece AS no, record FROM pieces WHERE snapshot = ? ORDER BY piece', no).map(
        (piece) => pieceCell(piece, generation),
      ),
    ]),
    ...entries
      .filter(({ no }) => no > base)
      .map(({ no, record }) => entryCell(record, no, no > covered.offset)),
  ]
}

const bodyOf = ({ record }: Row): string => record.subarray(RECORD_HEAD, -4).toString()
const generationOf = (generation: number): Value => (generation === 0 ? 'older' : 'younger')

const nameCell = (record: Buffer, column: 'record' | 'twin'): Cell => ({
  value: 'name',
  record,
  store: (db, entity) => (bytes) =>
    void db.prepare(`UPDATE entities SET ${column} = ? WHERE no = ?`).run(bytes, entity),
})

const aboutCell = (record: Buffer, generation: number): Cell => ({
  value: generationOf(generation),
  record,
  store: (db, _, snapshots) => (bytes) =>
    void db
      .prepare('UPDATE snapshots SET record = ? WHERE no = ?')
      .run(bytes, snapshots[generation]),
})

const pieceCell = ({ no, record }: Row, generation: number): Cell => ({
  value: generationOf(generation),
  record,
  store: (db, _, snapshots) => (bytes) =>
    void db.prepare('INSERT INTO pieces VALUES (?, ?, ?)').run(snapshots[generation], no, bytes),
})

const entryCell = (record: Buffer, offset: number, isBehind: boolean): Cell => ({
  value: isBehind ? 'behind' : 'covered',
  record,
  store: (db, entity) => (bytes) =>
    void db.prepare('INSERT INTO entries VALUES (?, ?, ?)').run(entity, offset, bytes),
})

/** Writes all values under another key, as they would have been written there, and flips some. */
function put(
  db: Connection,
  key: string,
  cells: readonly Cell[],
  flips: readonly { readonly which: number; readonly at: number }[],
): void {
  const begin = db.prepare("INSERT INTO entities (key, record, twin) VALUES (?, x'', x'')")
  const entity = Number(begin.run(key).lastInsertRowid)
  const keep = db.prepare("INSERT INTO snapshots (entity, state, record) VALUES (?, 'kept', x'')")
  const snapshots = [0, 1].map(() => Number(keep.run(entity).lastInsertRowid))
  for (const [which, { value, record, store }] of cells.entries()) {
    const bytes = Buffer.from(record)
    if (value === 'covered' || value === 'behind') belongTo(bytes, entity)
    for (const flip of flips) {
      if (flip.which === which) bytes[flip.at] = (bytes[flip.at] as number) ^ (1 << (flip.at % 8))
    }
    store(db, entity, snapshots)(bytes)
  }
}

/** An entry says under its checksum whose it is. */
function belongTo(record: Buffer, entity: number): void {
  record.writeUIntLE(entity, RECORD_HEAD, 6)
  record.writeUInt32LE(crc32(record.subarray(0, -4)), record.length - 4)
}
