import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SILENT } from '../../src/core/logger.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { Backlog } from '../../src/sqlite/backlog.ts'
import { BOUNDS, type JournalBounds } from '../../src/sqlite/journal-bounds.ts'
import { prepare } from '../../src/sqlite/prepare.ts'
import { Reader } from '../../src/sqlite/reader.ts'
import { SqliteStore, type StoreParts } from '../../src/sqlite/store.ts'
import { Writer } from '../../src/sqlite/writer.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { temporaryFolder, withDatabase } from '../support/sqlite-store.ts'
import { keyOf, Rows } from './rows.ts'

const MB = 1024 * 1024
const SHORT: JournalBounds = {
  filed: { rows: 300, bytes: MB },
  paid: { rows: 400, bytes: 2 * MB },
  most: { rows: 600, bytes: 3 * MB },
}

/** Chores never get their turn: what is filed, a commit has paid for. */
class BusyReader extends Reader {
  fails = false
  filed = 0

  override chore(): boolean {
    if (this.fails) throw new Error('it cannot be filed')
    return false
  }

  override file() {
    if (this.fails) throw new Error('it cannot be filed')
    this.filed++
    return super.file()
  }
}

let folder: string
let file: string
let release: () => void
let warnings: string[]
let rows: Rows
const open: { close(): unknown }[] = []

beforeEach(() => {
  folder = temporaryFolder()
  const prepared = prepare(folder)
  file = prepared.file
  release = prepared.release
  warnings = []
  rows = new Rows()
})
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
  release()
  rmSync(folder, { recursive: true })
})

/** Calls without a thread between. */
function calling<Part extends 'writer' | 'reader'>(target: Writer | Reader): StoreParts[Part] {
  const calls = target as unknown as { [name: string]: (...args: unknown[]) => unknown }
  return {
    call: async (name: string, args: unknown[]) => calls[name]?.(...args),
    close: async () => target.close(),
  } as StoreParts[Part]
}

function storeBy(reader: Reader): SqliteStore {
  const note = (event: string) => void warnings.push(event)
  const logger = { ...SILENT, warn: note, with: () => logger }
  const store = new SqliteStore(
    {
      writer: calling<'writer'>(new Writer(file)),
      reader: calling<'reader'>(reader),
      release: () => {},
      lastEntity: 0,
      backlog: new Backlog(SHORT),
    },
    { folder, threads: { writer: NOWHERE, reader: NOWHERE }, clock: new ManualClock(), logger },
  )
  open.push(store)
  return store
}

const NOWHERE = new URL('file:///nowhere')

let written = 0
const group = (size: number, bytes = 0) =>
  rows.group(Array.from({ length: size }, (_, i) => [1 + (i % 7), `${written++}`, bytes] as const))

const count = (what: string): number =>
  withDatabase(folder, (db) => Number(db.prepare(`SELECT ${what}`).pluck().get()))
const inJournal = () => count('count(*) FROM journal')

function expectAllThere(entities = 7): void {
  const reader = new Reader(file, SHORT)
  for (let entity = 1; entity <= entities; entity++) {
    const { offset, check } = rows.head(entity)
    const log = reader.log(keyOf(entity), ORIGIN)
    expect(log?.rows.map((row) => row.offset)).toEqual(
      Array.from({ length: offset }, (_, i) => i + 1),
    )
    expect(log?.branch.head).toEqual({ offset, check })
  }
  reader.close()
}

test('[L44] the journal never exceeds its bound, though only who appends has it filed', async () => {
  const store = storeBy(new BusyReader(file, SHORT))
  let most = 0
  for (let i = 0; i < 40; i++) {
    await store.commit(group(50))
    most = Math.max(most, inJournal())
  }
  expect(most).toBeGreaterThan(SHORT.filed.rows)
  expect(most).toBeLessThanOrEqual(SHORT.most.rows)
  expectAllThere()
  expect(warnings).toEqual([])
})

test('[L44] nor in bytes, when the entries are large', async () => {
  const store = storeBy(new BusyReader(file, SHORT))
  let most = 0
  for (let i = 0; i < 20; i++) {
    await store.commit(group(8, 40_000))
    most = Math.max(most, count('coalesce(sum(length(record)), 0) FROM journal'))
  }
  expect(most).toBeGreaterThan(SHORT.filed.bytes)
  expect(most).toBeLessThanOrEqual(SHORT.most.bytes)
  expectAllThere()
})

test('[L44] below it nobody pays', async () => {
  const reader = new BusyReader(file, SHORT)
  const store = storeBy(reader)
  for (let i = 0; i < 7; i++) await store.commit(group(50))
  expect(reader.filed).toBe(0)
  for (let i = 0; i < 3; i++) await store.commit(group(50))
  expect(reader.filed).toBeGreaterThan(0)
})

test('[L44] a commit pays the share that it takes of the room left, and all is filed when that is gone', () => {
  const backlog = new Backlog(BOUNDS)
  const added = { rows: 100, bytes: 15_000 }
  for (let i = 0; i < 500; i++) backlog.add(added)
  expect(backlog.isPaid).toBe(true)
  let left = 225
  let dearest = 0
  for (let i = 0; i < 250; i++, backlog.add(added)) {
    const owed = backlog.owed(added, left)
    dearest = Math.max(dearest, owed)
    left -= owed
  }
  expect(left).toBe(0)
  expect(dearest).toBe(1)
  expect(backlog.owed(added, 7)).toBe(7)
})

test('[L44] of a journal that is full a part is filed first, and can be left at any moment', () => {
  const writer = new Writer(file)
  open.push(writer)
  for (let i = 0; i < 13; i++) writer.commit(group(50))
  for (let slices = 1; inJournal() > SHORT.filed.rows; slices++) {
    const reader = new Reader(file, SHORT)
    const before = inJournal()
    for (let i = 0; i < slices; i++) reader.file()
    expect(before - inJournal(), 'a slice').toBeLessThan(350)
    reader.close()
    expectAllThere()
  }
  expect(count('count(*) FROM entries')).toBeGreaterThan(300)
})

test('[L44] what cannot be filed is appended to, and seldom tried', async () => {
  const reader = new BusyReader(file, SHORT)
  reader.fails = true
  const store = storeBy(reader)
  for (let i = 0; i < 14; i++) await store.commit(group(50))
  expect(inJournal()).toBe(700)
  expect(warnings.length).toBeGreaterThan(0)
  expect(warnings.length).toBeLessThan(4)
  reader.fails = false
  for (let i = 0; i < 14; i++) await store.commit(group(50))
  expect(inJournal()).toBeLessThanOrEqual(SHORT.most.rows)
  expectAllThere()
})
