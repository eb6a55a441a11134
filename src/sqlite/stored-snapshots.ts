import { goesThrough, isNextSnapshot } from '../core/branch.ts'
import { TributaryError } from '../core/errors.ts'
import type { Position } from '../core/position.ts'
import { seal, sealJson, unseal, unsealJson } from '../record/record.ts'
import type { Keep, LoadedSnapshot, SnapshotRecord, SnapshotRow, StoredSnapshot } from './calls.ts'
import { isCorrupt } from './connection.ts'
import type { Connection } from './driver.ts'
import { type EntityRow, EntityRows } from './entity-row.ts'
import { checkOfRecord, isWholeAt } from './entry-record.ts'
import { type StoredLogs, unreadable } from './stored-log.ts'

/** Entries that one transaction trims. */
const TRIMMED_AT_ONCE = 64

interface Kept {
  readonly no: number
  readonly about: SnapshotRecord
}

/**
 * Snapshots as rows of pieces. They are written by one connection and read back by the other, so
 * that what is compared is what everyone will read; the writer's thread then makes them the newest.
 */
export class StoredSnapshots {
  readonly #mover: Connection
  readonly #logs: StoredLogs
  readonly #entities: EntityRows
  readonly #read: ReturnType<typeof readStatements>
  readonly #write: ReturnType<typeof writeStatements>
  /** Found damaged; the database is told when the next one is written. */
  readonly #damaged = new Set<number>()
  readonly #told = new Set<number>()
  /** How far the log of an entity is being trimmed: by its number, which is one generation's only. */
  readonly #trims = new Map<number, number>()

  constructor(reader: Connection, mover: Connection, logs: StoredLogs) {
    this.#mover = mover
    this.#logs = logs
    this.#entities = new EntityRows(reader)
    this.#read = readStatements(reader)
    this.#write = writeStatements(mover)
  }

  /** The newest one that is whole. */
  load(key: string): LoadedSnapshot {
    const entity = this.#entity(key)
    const snapshot = this.#newestWhole(entity)
    return { snapshot, damaged: this.#newlyDamaged(entity) }
  }

  #newestWhole(entity: EntityRow | null): StoredSnapshot | null {
    for (const kept of this.#kept(entity)) {
      const bytes = this.#bytesOf(kept)
      if (bytes !== null) return { about: kept.about, bytes }
      this.#damaged.add(kept.no)
    }
    return null
  }

  /** Found by this load, or since the last one by a trim. */
  #newlyDamaged(entity: EntityRow | null): number {
    if (entity === null || this.#damaged.size === 0) return 0
    const rows = this.#read.kept.all(entity.no)
    const found = rows.filter(({ no }) => this.#damaged.has(no) && !this.#told.has(no))
    for (const { no } of found) this.#told.add(no)
    return found.length
  }

  begin(key: string, about: SnapshotRecord, replaces: Position | null): Keep | null {
    const entity = this.#entity(key)
    if (entity === null) return null
    const [newest] = this.#kept(entity)
    if (!isNextSnapshot(about.position, newest?.about.position ?? null, replaces)) return null
    const branch = this.#logs.branchOf(entity)
    const checkAt = (offset: number) => this.#logs.checkAt(entity.no, offset)
    if (!goesThrough(branch, about.position, checkAt)) return null
    for (const no of this.#damaged) this.#write.setAside.run(no)
    this.#damaged.clear()
    const { lastInsertRowid } = this.#write.begin.run(entity.no, sealJson(about))
    return { snapshot: Number(lastInsertRowid), entity: entity.no, newest: newest?.no ?? null }
  }

  /** @returns false when the snapshot was dropped meanwhile. */
  piece(snapshot: number, piece: number, bytes: Uint8Array): boolean {
    const { changes } = this.#write.piece.run(snapshot, piece, seal(bytes), snapshot)
    if (changes === 0) return false
    const back = this.#read.piece.get(snapshot, piece)
    const body = back === undefined ? 'damaged' : unseal(back.record)
    if (typeof body === 'string' || Buffer.compare(body, bytes) !== 0) {
      throw new TributaryError('storage', 'a snapshot did not read back as it was written')
    }
    return true
  }

  drop(snapshot: number): void {
    this.#write.drop.run(snapshot)
  }

  /**
   * A slice of trimming: up to what the older kept generation covers, once that one has been found
   * whole, and not past an entry that cannot be read. @returns whether there is more.
   */
  trim(key: string): boolean {
    const entity = this.#entity(key)
    if (entity === null) return false
    const upTo = this.#trims.get(entity.no) ?? this.#covered(entity)
    // Should this slice fail, the next trim looks for itself.
    this.#trims.delete(entity.no)
    const more = upTo !== null && this.#trimTo(entity, upTo)
    if (more) this.#trims.set(entity.no, upTo)
    return more
  }

  list(after: string, limit: number): SnapshotRow[] {
    const rows: SnapshotRow[] = []
    for (const { key, record } of this.#read.list.all(after, limit)) {
      const about = unsealJson<SnapshotRecord>(record)
      // A row without a name tells where the next look begins.
      rows.push({ key, about: typeof about === 'string' ? null : about })
    }
    return rows
  }

  #entity(key: string): EntityRow | null {
    const row = this.#entities.byKey(key)
    if (typeof row === 'string') throw unreadable(key, row)
    return row
  }

  /** The newest first; without those that are known to be damaged. */
  #kept(entity: EntityRow | null): Kept[] {
    const kept: Kept[] = []
    for (const { no, record } of entity === null ? [] : this.#read.kept.all(entity.no)) {
      const about = unsealJson<SnapshotRecord>(record)
      if (typeof about === 'string') this.#damaged.add(no)
      else if (!this.#damaged.has(no)) kept.push({ no, about })
    }
    return kept
  }

  /** All pieces, one behind the other; `null` when they are not what the row says. */
  #bytesOf({ no, about }: Kept): ArrayBuffer | null {
    const bytes = new Uint8Array(about.parts.reduce((sum, size) => sum + size))
    let at = 0
    let next = 0
    try {
      for (const { piece, record } of this.#read.pieces.iterate(no)) {
        const body = unseal(record)
        if (piece !== next++ || typeof body === 'string' || at + body.length > bytes.length)
          return null
        bytes.set(body, at)
        at += body.length
      }
    } catch (error) {
      if (isCorrupt(error)) return null
      throw error
    }
    return at === bytes.length ? bytes.buffer : null
  }

  /** The end of what the older generation covers; `null` when there is none that is whole. */
  #covered(entity: EntityRow): number | null {
    const older = this.#kept(entity)[1]
    if (older === undefined) return null
    if (this.#bytesOf(older) !== null) return older.about.position.offset
    this.#damaged.add(older.no)
    return null
  }

  #trimTo({ no, base, epoch }: EntityRow, upTo: number): boolean {
    const last = Math.min(upTo, base.offset + TRIMMED_AT_ONCE)
    let next = base
    for (const { offset, record } of this.#logs.records(no, base.offset, last)) {
      if (offset !== next.offset + 1 || !isWholeAt(record, no, offset)) break
      next = { offset, check: checkOfRecord(record) }
    }
    if (next.offset === base.offset) return false
    const record = sealJson({ epoch, base: next })
    // Where it was removed meanwhile, what is left of it is on its way out too.
    const trim = this.#mover.transaction(() => {
      this.#write.move.run(record, record, no)
      this.#write.deleteEntries.run(no, next.offset)
    })
    trim.immediate()
    return next.offset === last && last < upTo
  }
}

const readStatements = (db: Connection) => ({
  kept: db.prepare<[number], { no: number; record: Buffer }>(
    "SELECT no, record FROM snapshots WHERE entity = ? AND state = 'kept' ORDER BY no DESC",
  ),
  piece: db.prepare<[number, number], { record: Buffer }>(
    'SELECT record FROM pieces WHERE snapshot = ? AND piece = ?',
  ),
  pieces: db.prepare<[number], { piece: number; record: Buffer }>(
    'SELECT piece, record FROM pieces WHERE snapshot = ? ORDER BY piece',
  ),
  list: db.prepare<[string, number], { key: string; record: Buffer }>(
    `SELECT key, snapshots.record FROM entities JOIN snapshots ON snapshots.no =
       (SELECT max(no) FROM snapshots WHERE entity = entities.no AND state = 'kept')
     WHERE key > ? ORDER BY key LIMIT ?`,
  ),
})

const writeStatements = (db: Connection) => ({
  begin: db.prepare<[number, Uint8Array]>(
    "INSERT INTO snapshots (entity, state, record) VALUES (?, 'writing', ?)",
  ),
  piece: db.prepare<[number, number, Uint8Array, number]>(
    `INSERT INTO pieces (snapshot, piece, record) SELECT ?, ?, ?
     WHERE EXISTS (SELECT 1 FROM snapshots WHERE no = ? AND state = 'writing')`,
  ),
  drop: db.prepare<[number]>(
    "UPDATE snapshots SET state = 'dropped' WHERE no = ? AND state = 'writing'",
  ),
  setAside: db.prepare<[number]>(
    "UPDATE snapshots SET state = 'damaged' WHERE no = ? AND state = 'kept'",
  ),
  move: db.prepare<[Uint8Array, Uint8Array, number]>(
    'UPDATE entities SET record = ?, twin = ? WHERE no = ? AND key IS NOT NULL',
  ),
  deleteEntries: db.prepare<[number, number]>(
    'DELETE FROM entries WHERE entity = ? AND offset <= ?',
  ),
})
