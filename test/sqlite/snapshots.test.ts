import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ORIGIN, type Position } from '../../src/core/position.ts'
import { seal } from '../../src/record/record.ts'
import type { Keep, SnapshotRecord } from '../../src/sqlite/calls.ts'
import { prepare } from '../../src/sqlite/prepare.ts'
import { Reader } from '../../src/sqlite/reader.ts'
import { Writer } from '../../src/sqlite/writer.ts'
import { temporaryFolder, withDatabase } from '../support/sqlite-store.ts'
import { keyOf, positionOf, Rows } from './rows.ts'

const E1 = keyOf(1)
const IDS = Array.from({ length: 30 }, (_, i) => `a${i + 1}`)
const at = (offset: number): Position => positionOf(1, IDS.slice(0, offset))
const aboutAt = (offset: number): SnapshotRecord => ({
  position: at(offset),
  depth: 1,
  parts: [8, 0, 0, 0],
})
const FIRST = new Uint8Array([1, 1, 1, 1])
const SECOND = new Uint8Array([2, 2, 2, 2])

let folder: string
let file: string
let release: () => void
let writer: Writer
let reader: Reader

beforeEach(() => {
  folder = temporaryFolder()
  const prepared = prepare(folder)
  file = prepared.file
  release = prepared.release
  writer = new Writer(file)
  reader = new Reader(file)
  writer.commit(new Rows().group([...IDS.map((id) => [1, id] as const), [2, 'b1']]))
})
afterEach(() => {
  writer.close()
  reader.close()
  release()
  rmSync(folder, { recursive: true })
})

/** As after a crash: nothing of what the threads knew is left. */
function crash(): void {
  writer.close()
  reader.close()
  writer = new Writer(file)
  reader = new Reader(file)
}

function sql(text: string): unknown {
  return withDatabase(folder, (db) => {
    const statement = db.prepare(text)
    return statement.reader ? statement.pluck().get() : statement.run().changes
  })
}

function begin(offset: number, replaces: number | null): Keep {
  const keep = reader.begin(E1, aboutAt(offset), replaces === null ? null : at(replaces))
  if (keep === null) throw new Error('it is stale')
  return keep
}

function write(keep: Keep): boolean {
  return reader.piece(keep.snapshot, 0, FIRST) && reader.piece(keep.snapshot, 1, SECOND)
}

function commit(offset: number, replaces: number | null): void {
  const keep = begin(offset, replaces)
  expect(write(keep) && writer.keep(keep)).toBe(true)
}

function trim(): void {
  while (reader.trim(E1));
}

const chores = (): void => {
  while (reader.chore());
}
const loaded = () => reader.load(E1).snapshot?.about.position.offset ?? null
/** How many entries are behind the start of the log, or `null` when it has been trimmed. */
const behind = (offset: number): number | undefined => reader.log(E1, at(offset))?.rows.length

describe('[L23] a crash', () => {
  test('before the flip leaves nothing that anyone sees: it is swept, and what comes late refused', () => {
    commit(10, null)
    const keep = begin(20, 10)
    reader.piece(keep.snapshot, 0, FIRST)
    crash()
    expect(loaded()).toBe(10)
    chores()
    expect(reader.piece(keep.snapshot, 1, SECOND)).toBe(false)
    expect(writer.keep(keep)).toBe(false)
    expect(sql('SELECT count(*) FROM pieces')).toBe(2)
    expect(sql('SELECT count(*) FROM snapshots')).toBe(1)
    expect(loaded()).toBe(10)
  })

  test('between the flip and the trim loses nothing, and the next commit makes up for it', () => {
    commit(10, null)
    commit(20, 10)
    crash()
    expect(loaded()).toBe(20)
    expect(reader.log(E1, ORIGIN)?.rows.length).toBe(30)
    commit(30, 20)
    trim()
    expect(reader.branches([E1])).toMatchObject([{ base: { offset: 20 } }])
    expect(behind(20)).toBe(10)
  })
})

describe('[L22] the trim', () => {
  test('waits until the older generation is whole: it is read before anything goes', () => {
    commit(10, null)
    sql("UPDATE pieces SET record = x'0100' WHERE snapshot = 1 AND piece = 1")
    commit(20, 10)
    trim()
    expect(reader.branches([E1])).toMatchObject([{ base: { offset: 0 } }])
    commit(30, 20)
    trim()
    expect(reader.branches([E1])).toMatchObject([{ base: { offset: 20 } }])
  })

  const CS = Array.from({ length: 300 }, (_, i) => `c${i}`)
  /** One with 300 entries, of which the older snapshot covers 290. */
  function long(): string {
    const large = (i: number) => (i % 3 === 0 ? 70_000 : 0)
    writer.commit(new Rows().group(CS.map((id, i) => [5, id, large(i)] as const)))
    const key = keyOf(5)
    for (const [to, from] of [
      [290, null],
      [300, 290],
    ] as const) {
      const about = {
        position: positionOf(5, CS.slice(0, to)),
        depth: 0,
        parts: [0, 0, 0, 0],
      } as const
      const keep = reader.begin(key, about, from && positionOf(5, CS.slice(0, from)))
      expect(keep !== null && writer.keep(keep)).toBe(true)
    }
    return key
  }

  test('goes on over many slices, filed entries and those of the journal alike', () => {
    const key = long()
    let slices = 0
    while (reader.trim(key)) slices++
    expect(slices).toBeGreaterThan(2)
    expect(reader.branches([key])).toMatchObject([{ base: { offset: 290 }, head: { offset: 300 } }])
    expect(sql('SELECT count(*) FROM entries WHERE entity = 5')).toBe(3)
  })

  test('ends with its generation: of the next one nothing is covered yet', () => {
    const key = long()
    expect(reader.trim(key)).toBe(true)
    const group = new Rows().group(CS.map((id) => [100, id] as const))
    const removal = { is: 'remove', key, entity: 100, epoch: '1.x', tombstone: [] } as const
    writer.commit({ ...group, changes: [removal] })
    while (reader.trim(key));
    expect(reader.branches([key])).toMatchObject([{ base: { offset: 0 }, head: { offset: 300 } }])
    expect(reader.log(key, ORIGIN)?.rows.length).toBe(300)
  })
})

describe('[L21] a snapshot', () => {
  test('that does not read back as it was written is not kept', () => {
    reader.close()
    // Sound by itself, and not what was written.
    const other = Buffer.from(seal(new Uint8Array([2, 2, 2, 3]))).toString('hex')
    withDatabase(folder, (db) =>
      db.exec(`CREATE TRIGGER bad_disk AFTER INSERT ON pieces WHEN new.piece = 1 BEGIN
        UPDATE pieces SET record = x'${other}' WHERE snapshot = new.snapshot AND piece = 1;
      END`),
    )
    const keep = begin(10, null)
    expect(() => write(keep)).toThrow('did not read back')
  })

  test('of which a piece is missing, exchanged or too many is not whole', () => {
    for (const damage of [
      'DELETE FROM pieces WHERE snapshot = 2 AND piece = 1',
      'DELETE FROM pieces WHERE snapshot = 2 AND piece = 0',
      'INSERT INTO pieces SELECT 2, 2, record FROM pieces WHERE snapshot = 2 AND piece = 1',
      'UPDATE pieces SET piece = 7 WHERE snapshot = 2 AND piece = 1',
    ]) {
      sql('DELETE FROM snapshots')
      sql('DELETE FROM pieces')
      sql("DELETE FROM sqlite_sequence WHERE name = 'snapshots'")
      crash()
      commit(10, null)
      commit(20, 10)
      expect(loaded()).toBe(20)
      expect(sql(damage)).toBe(1)
      expect(loaded(), damage).toBe(10)
    }
  })

  test('whose row cannot be read is passed over', () => {
    commit(10, null)
    commit(20, 10)
    sql("UPDATE snapshots SET record = x'00' WHERE no = 2")
    expect(loaded()).toBe(10)
    expect(reader.snapshots('', 10)).toEqual([{ key: E1, about: null }])
    commit(30, 10)
    trim()
    expect(loaded()).toBe(30)
    expect(sql('SELECT state FROM snapshots WHERE no = 2')).toBe('damaged')
  })

  test('that is damaged is set aside until two newer ones are kept', () => {
    commit(10, null)
    commit(20, 10)
    sql("UPDATE pieces SET record = x'00' WHERE snapshot = 2 AND piece = 0")
    expect(loaded()).toBe(10)
    commit(25, 10)
    chores()
    expect(sql('SELECT count(*) FROM pieces WHERE snapshot = 2')).toBe(2)
    commit(30, 25)
    chores()
    expect(sql('SELECT group_concat(no) FROM snapshots')).toBe('3,4')
    expect(sql('SELECT count(*) FROM pieces')).toBe(4)
  })

  test('[L20] that is damaged is told of once, whoever found it', () => {
    const told = () => reader.load(E1).damaged
    commit(10, null)
    commit(20, 10)
    expect(told()).toBe(0)
    sql("UPDATE pieces SET record = x'00' WHERE snapshot = 2 AND piece = 0")
    expect([told(), told()]).toEqual([1, 0])
    sql("UPDATE pieces SET record = x'00' WHERE snapshot = 1 AND piece = 0")
    trim()
    expect([told(), told()]).toEqual([1, 0])
  })

  test('is not kept when its entity has been removed meanwhile', () => {
    const keep = begin(10, null)
    write(keep)
    writer.commit({
      ...new Rows().group([]),
      changes: [{ is: 'remove', key: E1, entity: 100, epoch: '1.x', tombstone: [] }],
    })
    expect(writer.keep(keep)).toBe(false)
    chores()
    for (const table of ['snapshots', 'pieces', 'journal WHERE entity = 100']) {
      expect(sql(`SELECT count(*) FROM ${table}`), table).toBe(0)
    }
  })
})

describe('[L40] what is stored twice', () => {
  const remove = () =>
    writer.commit({
      ...new Rows().group([]),
      changes: [{ is: 'remove', key: E1, entity: 100, epoch: '1.x', tombstone: [[7, 3]] }],
    })

  test('about an entity: one copy is enough; without both it alone is not served', () => {
    const name = () => reader.log(E1, ORIGIN)?.branch.epoch
    sql("UPDATE entities SET record = x'00' WHERE no = 1")
    expect(name()).toBe('0.e1')
    commit(10, null)
    commit(20, 10)
    trim()
    sql("UPDATE entities SET twin = x'00' WHERE no = 1")
    expect(name(), 'the trim has written both again').toBe('0.e1')
    sql("UPDATE entities SET record = x'00' WHERE no = 1")
    expect(name).toThrow('what is stored about the entity default/e1 is damaged')
    expect(() => reader.load(E1)).toThrow('damaged')
    expect(reader.branches([E1, keyOf(2), keyOf(3)])).toMatchObject([
      'damaged',
      { head: { offset: 1 } },
      null,
    ])
    expect(reader.log(keyOf(2), ORIGIN)?.rows.length).toBe(1)
  })

  test('of a tombstone: one copy is enough; without both nothing removed can slip back', () => {
    remove()
    const tombstones = () => reader.log(E1, ORIGIN)?.tombstones
    sql("UPDATE tombstones SET twin = x'00'")
    expect(tombstones()).toEqual([[[7, 3]]])
    sql("UPDATE tombstones SET record = x'00'")
    expect(tombstones).toThrow('damaged')
  })
})
