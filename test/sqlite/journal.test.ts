import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ORIGIN } from '../../src/core/position.ts'
import { readContent } from '../../src/log/entry.ts'
import { BOUNDS } from '../../src/sqlite/journal-bounds.ts'
import { prepare } from '../../src/sqlite/prepare.ts'
import { Reader } from '../../src/sqlite/reader.ts'
import { Writer } from '../../src/sqlite/writer.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { temporaryFolder, withDatabase } from '../support/sqlite-store.ts'
import { keyOf, positionOf, Rows } from './rows.ts'

/** Filing begins with so many rows, so that a test need not write 40,000. */
const LONG = { ...BOUNDS, filed: { rows: 600, bytes: 1024 * 1024 } }

let folder: string
let file: string
let release: () => void
let writer: Writer
let reader: Reader
let rows: Rows
/** What each entity's log holds, by the test's own account. */
let written: Map<number, string[]>

beforeEach(() => {
  folder = temporaryFolder()
  const prepared = prepare(folder)
  file = prepared.file
  release = prepared.release
  writer = new Writer(file)
  reader = new Reader(file, LONG)
  rows = new Rows()
  written = new Map()
})
afterEach(() => {
  writer.close()
  reader.close()
  release()
  rmSync(folder, { recursive: true })
})

function write(...pairs: (readonly [entity: number, id: string, bytes?: number])[]): void {
  writer.commit(rows.group(pairs))
  for (const [entity, id] of pairs) written.set(entity, [...(written.get(entity) ?? []), id])
}

/** Groups of 50 over so many entities, so many entries in all, each with an id of its own. */
function writeMany(random: Seeded, total: number, entities = 7): void {
  const from = [...written.values()].reduce((sum, ids) => sum + ids.length, 0)
  for (let i = from; i < from + total; i += 50) {
    write(...Array.from({ length: 50 }, (_, j) => [random.int(1, entities), `${i + j}`] as const))
  }
}

function idsOf(entity: number, by = reader, after = ORIGIN): string[] {
  const log = by.log(keyOf(entity), after)
  if (log === null) return []
  return log.rows.map(({ content }) => {
    if (typeof content === 'string') return content
    const bytes = Buffer.from(log.slab, content.from, content.to - content.from)
    const read = readContent(bytes)
    return typeof read === 'string' ? read : read.id
  })
}

function expectAllThere(seed: number, by = reader): void {
  for (const [entity, ids] of written) {
    expect(idsOf(entity, by), `entity ${entity}, seed ${seed}`).toEqual(ids)
    const [branch] = by.branches([keyOf(entity)])
    const { offset, check } = rows.head(entity)
    expect(branch, `entity ${entity}, seed ${seed}`).toMatchObject({ head: { offset, check } })
  }
}

function chores(by = reader): void {
  while (by.chore());
}

function count(what: string): number {
  return withDatabase(folder, (db) =>
    Number(db.prepare(`SELECT count(*) FROM ${what}`).pluck().get()),
  )
}

describe('[L38] the journal', () => {
  test('is filed when it is long, and nobody can tell', () => {
    const seed = seedOfRun()
    const random = new Seeded(seed)
    writeMany(random, 550)
    expect(reader.chore()).toBe(false)
    expect(count('entries')).toBe(0)
    writeMany(random, 100)
    let between = 0
    while (reader.chore()) {
      expectAllThere(seed)
      // Appends go on meanwhile.
      write([random.int(1, 7), `between ${between++}`])
    }
    expectAllThere(seed)
    expect(count('entries')).toBe(650)
    expect(count('journal')).toBeLessThan(60)
    expectAllThere(seed, reopened())
  })

  test('keeps its last row, so that no number comes twice', () => {
    const seed = seedOfRun()
    const before = new Reader(file, LONG)
    writeMany(new Seeded(seed), 650)
    expectAllThere(seed, before)
    chores()
    expect(count('journal')).toBe(1)
    write([1, 'one more'], [9, 'a new one'])
    expectAllThere(seed, before)
    expectAllThere(seed)
    before.close()
  })

  test('can be left at any moment of its filing', () => {
    const seed = seedOfRun()
    writeMany(new Seeded(seed), 650)
    for (let slices = 1; ; slices++) {
      const next = new Reader(file, LONG)
      let more = true
      for (let i = 0; i < slices && more; i++) more = next.chore()
      expectAllThere(seed, next)
      next.close()
      if (!more) break
    }
    expect(count('journal')).toBe(1)
    expect(count('entries')).toBe(650)
    expectAllThere(seed)
  })

  test('an entry too large for it is filed at once, in its place', () => {
    write([1, 'small'], [1, 'large', 200_000], [1, 'small again'])
    expect(count('entries')).toBe(1)
    expect(idsOf(1)).toEqual(['small', 'large', 'small again'])
    write([2, 'large too', 200_000])
    expect(reader.branches([keyOf(2)])).toMatchObject([{ head: { offset: 1 } }])
  })

  test('what is trimmed or removed before it is filed goes with the journal', () => {
    const seed = seedOfRun()
    writeMany(new Seeded(seed), 650, 3)
    const about = { depth: 0, parts: [0, 0, 0, 0] } as const
    const last = written.get(1)?.length as number
    for (const upTo of [last - 1, last]) {
      const position = positionOf(1, written.get(1)?.slice(0, upTo) as string[])
      const before = upTo === last ? positionOf(1, written.get(1)?.slice(0, -1) as string[]) : null
      const keep = reader.begin(keyOf(1), { ...about, position }, before)
      expect(keep !== null && writer.keep(keep)).toBe(true)
    }
    while (reader.trim(keyOf(1)));
    writer.commit({
      ...rows.group([]),
      changes: [{ is: 'remove', key: keyOf(2), entity: 100, epoch: '1.x', tombstone: [[7, 3]] }],
    })
    chores()
    const filed = written.get(3)?.length as number
    expect(count('entries')).toBe(filed + 1)
    expect(count('entities WHERE key IS NULL')).toBe(0)
    expect(idsOf(3)).toEqual(written.get(3))
    expect(idsOf(1, reader, positionOf(1, written.get(1)?.slice(0, -1) as string[]))).toEqual(
      written.get(1)?.slice(-1),
    )
    expect(reader.log(keyOf(2), ORIGIN)).toMatchObject({ rows: [], tombstones: [[[7, 3]]] })
  })
})

describe('[L39] a row under a flipped key', () => {
  const flip = (sql: string) =>
    withDatabase(folder, (db) => expect(db.prepare(sql).run().changes).toBe(1))

  test('in the journal is found where its record says', () => {
    write([1, 'a1'], [2, 'b1'], [1, 'a2'], [2, 'b2'], [1, 'a3'])
    flip('UPDATE journal SET entity = 9 WHERE no = 3')
    flip('UPDATE journal SET offset = 1099511627778 WHERE no = 4')
    expect([idsOf(1), idsOf(2)]).toEqual([
      ['a1', 'a2', 'a3'],
      ['b1', 'b2'],
    ])
    expect(reader.branches([keyOf(2)])).toMatchObject([{ head: { offset: 2 } }])
  })

  test('is filed where its record says', () => {
    for (let i = 0; i < 300; i++) write([1, `a${i}`], [2, `b${i}`])
    flip('UPDATE journal SET entity = 9 WHERE no = 301')
    flip('UPDATE journal SET offset = 1099511627778 WHERE no = 1')
    chores()
    expect(count('journal')).toBe(1)
    for (const entity of [1, 2]) expect(idsOf(entity)).toEqual(written.get(entity))
  })

  test('among the filed ones is not the end of a log', () => {
    const large = 100_000
    write([1, 'a1', large], [1, 'a2', large], [1, 'a3', large], [2, 'b1'])
    flip('UPDATE entries SET offset = 1099511627778 WHERE offset = 2')
    expect(reader.branches([keyOf(1)])).toMatchObject([{ head: { offset: 3 } }])
    expect(idsOf(1)).toEqual(['a1', 'a3'])
  })
})

describe('[L39] a page that cannot be read', () => {
  /** Fills the page on which the middle row of a table begins with what is no page. */
  function spoilPage(table: 'journal' | 'entries'): void {
    writer.close()
    reader.close()
    withDatabase(folder, (db) => db.pragma('wal_checkpoint(TRUNCATE)'))
    const bytes = readFileSync(file)
    const pages: number[] = []
    for (let page = 1; page * 4096 < bytes.length; page++) {
      // The type of a leaf: 13 of a table with row ids, 10 of one without.
      const isLeaf = bytes[page * 4096] === (table === 'journal' ? 13 : 10)
      if (isLeaf && bytes.includes('tribute-middle', page * 4096)) {
        if (bytes.indexOf('tribute-middle', page * 4096) < (page + 1) * 4096) pages.push(page)
      }
    }
    expect(pages.length).toBeGreaterThan(0)
    for (const page of pages) bytes.fill(0xa5, page * 4096, (page + 1) * 4096)
    writeFileSync(file, bytes)
  }
  const three = (i: number) =>
    [1, 2, 3].map(
      (entity) => [entity, i === 300 && entity === 1 ? 'tribute-middle' : `x${i}`] as const,
    )

  test('of the journal costs its own rows, and appends go on', () => {
    for (let i = 0; i < 600; i += 3) write(...three(i))
    spoilPage('journal')
    let lost = 0
    for (const [entity, ids] of written) {
      const found = new Set(idsOf(entity))
      expect(idsOf(entity).at(-1)).toBe(ids.at(-1))
      lost += ids.filter((id) => !found.has(id)).length
    }
    expect(lost).toBeGreaterThan(0)
    expect(lost).toBeLessThan(150)
    write([1, 'after it'])
    expect(idsOf(1).at(-1)).toBe('after it')
    const { offset, check } = rows.head(1)
    expect(reader.branches([keyOf(1)])).toMatchObject([{ head: { offset, check } }])
  })

  test('of the filed entries costs its own rows', () => {
    for (let i = 0; i < 700; i += 3) write(...three(i))
    chores()
    spoilPage('entries')
    let lost = 0
    for (const [entity, ids] of written) {
      const found = new Set(idsOf(entity))
      expect(idsOf(entity).at(-1)).toBe(ids.at(-1))
      lost += ids.filter((id) => !found.has(id)).length
    }
    expect(lost).toBeGreaterThan(0)
    expect(lost).toBeLessThan(150)
  })

  test('of the filed entries takes none of those along that belong on it', () => {
    write(...Array.from({ length: 230 }, (_, i) => three(1_000 + i)).flat())
    write([1, 'tribute-middle'])
    chores()
    spoilPage('entries')
    write(...Array.from({ length: 700 }, (_, i) => [1, `later-${i}`] as const))
    expect(() => chores()).toThrow('malformed')
    // The rest of the page is lost, what is still in the journal is not.
    expect(count('journal')).toBeGreaterThanOrEqual(700)
  })
})

test('[L38] pages that are free are given back, a few at a time', () => {
  for (let i = 0; i < 60; i++) write([1, `a${i}`, 200_000])
  write([2, 'b1'])
  chores()
  const pages = () =>
    withDatabase(folder, (db) => Number(db.pragma('page_count', { simple: true })))
  const before = pages()
  writer.commit({
    ...rows.group([]),
    changes: [{ is: 'remove', key: keyOf(1), entity: 100, epoch: '1.x', tombstone: [] }],
  })
  chores()
  expect(pages()).toBeLessThan(before / 2)
  expect(idsOf(2)).toEqual(['b1'])
  expect(withDatabase(folder, (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok')
})

function reopened(): Reader {
  writer.close()
  reader.close()
  reader = new Reader(file, LONG)
  return reader
}
