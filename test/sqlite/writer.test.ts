import { closeSync, mkdirSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ORIGIN } from '../../src/core/position.ts'
import type { Connection } from '../../src/sqlite/driver.ts'
import { prepare } from '../../src/sqlite/prepare.ts'
import { Reader } from '../../src/sqlite/reader.ts'
import { Writer } from '../../src/sqlite/writer.ts'
import { temporaryFolder, withDatabase } from '../support/sqlite-store.ts'
import { keyOf, Rows } from './rows.ts'

/** A writer whose connection a test can look at, and cramp. */
class OpenWriter extends Writer {
  get db(): Connection {
    return this.connection
  }
}

let folder: string
let writer: OpenWriter
let reader: Reader
let release: () => void
let rows: Rows

beforeEach(() => {
  folder = temporaryFolder()
  const prepared = prepare(folder)
  release = prepared.release
  writer = new OpenWriter(prepared.file)
  reader = new Reader(prepared.file)
  rows = new Rows()
})
afterEach(() => {
  writer.close()
  reader.close()
  release()
  rmSync(folder, { recursive: true })
})

const offsets = (entity: number): number[] =>
  reader.log(keyOf(entity), ORIGIN)?.rows.map(({ offset }) => offset) ?? []
const codeOf = (work: () => void): unknown => {
  try {
    work()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return null
}

describe('[L34] the writer’s own connection', () => {
  test('waits for the disk at every commit', () => {
    writer.commit(rows.group([[1, 'a']]))
    const pragma = (name: string) => writer.db.pragma(name, { simple: true })
    expect(pragma('synchronous'), 'FULL').toBe(2)
    expect(pragma('journal_mode')).toBe('wal')
    expect(pragma('fullfsync')).toBe(1)
  })

  test('has the same settings after it was opened again', () => {
    writer.commit(rows.group([[1, 'a']]))
    breakWal()
    expect(codeOf(() => writer.commit(rows.group([[2, 'b']])))).toMatch(/^SQLITE_IOERR/)
    writer.probe()
    expect(writer.db.pragma('synchronous', { simple: true })).toBe(2)
  })
})

describe('[L35] a full disk', () => {
  /** As if the disk held only so many pages more. */
  const leavePages = (more: number) => {
    const pages = Number(writer.db.pragma('page_count', { simple: true }))
    writer.db.pragma(`max_page_count = ${pages + more}`)
  }

  test('is an answer: nothing of the group is there, the connection goes on', () => {
    writer.commit(rows.group([[1, 'a1']]))
    const connection = writer.db
    leavePages(2)
    const full = rows.group([
      [2, 'b1'],
      [3, 'c1', 50_000],
      [2, 'b2'],
    ])
    expect(codeOf(() => writer.commit(full))).toBe('SQLITE_FULL')
    expect([offsets(1), offsets(2), offsets(3)]).toEqual([[1], [], []])
    expect(reader.branches([keyOf(2)])).toEqual([null])
    expect(writer.db).toBe(connection)
    writer.commit(new Rows().group([[4, 'd1']]))
    expect(offsets(4)).toEqual([1])
    leavePages(1_000_000)
    writer.commit(new Rows().group([[3, 'c1', 50_000]]))
    expect(offsets(3)).toEqual([1])
  })

  test('is found out by the probe, and so is its end', () => {
    writer.open()
    leavePages(0)
    expect(codeOf(() => writer.probe())).toBe('SQLITE_FULL')
    leavePages(100)
    writer.probe()
    expect(
      withClosedDatabase((db) => db.prepare('SELECT count(*) FROM pieces').pluck().get()),
    ).toBe(0)
  })

  test('does not make what is set aside count what is not there', () => {
    const aside = (why: string, cost: number, group = new Rows().group([])) => ({
      ...group,
      changes: [
        ...group.changes,
        {
          is: 'set-aside' as const,
          key: 'k',
          time: 0,
          why,
          bytes: new Uint8Array(10),
          cost,
          bound: 100_000,
        },
      ],
    })
    const kept = () => {
      const found: string[] = []
      for (let row = reader.setAside(0); row !== null; row = reader.setAside(row.no)) {
        found.push(row.why)
      }
      return found
    }
    writer.commit(aside('first', 60_000))
    leavePages(2)
    const full = aside('never', 30_000, rows.group([[1, 'a1', 50_000]]))
    expect(codeOf(() => writer.commit(full))).toBe('SQLITE_FULL')
    leavePages(100)
    writer.commit(aside('second', 40_000))
    expect(kept()).toEqual(['first', 'second'])
    writer.commit(aside('third', 1))
    expect(kept()).toEqual(['second', 'third'])
  })
})

describe('[L36] any other failure of the disk', () => {
  test('leaves nothing of the group; the next one goes over a connection of its own', () => {
    writer.commit(rows.group([[1, 'a1']]))
    const connection = writer.db
    breakWal()
    const failing = new Rows().group([
      [2, 'b1'],
      [3, 'c1'],
    ])
    expect(codeOf(() => writer.commit(failing))).toMatch(/^SQLITE_IOERR/)
    expect(connection.open).toBe(false)
    expect([offsets(1), offsets(2)]).toEqual([[1], []])
    writer.commit(rows.group([[1, 'a2']]))
    expect(offsets(1)).toEqual([1, 2])
    expect(withClosedDatabase((db) => db.pragma('integrity_check', { simple: true }))).toBe('ok')
  })

  test('that keeps it from opening is told at each try, until it opens', () => {
    writer.close()
    reader.close()
    const wal = join(folder, 'tributary.db-wal')
    mkdirSync(wal)
    const group = rows.group([[1, 'a1']])
    for (let i = 0; i < 2; i++) {
      expect(codeOf(() => writer.commit(group))).toBe('SQLITE_CANTOPEN')
    }
    rmSync(wal, { recursive: true })
    writer.commit(group)
    expect(offsets(1)).toEqual([1])
  })
})

/** Closes the files of the WAL beneath SQLite: what it does next fails as on a dead disk. */
function breakWal(): void {
  for (const handle of readdirSync('/proc/self/fd')) {
    let path = ''
    try {
      path = readlinkSync(`/proc/self/fd/${handle}`)
    } catch {
      // The handle of the listing itself.
    }
    if (path === join(folder, 'tributary.db-wal')) closeSync(Number(handle))
  }
}

function withClosedDatabase<Value>(look: (db: Connection) => Value): Value {
  writer.close()
  reader.close()
  return withDatabase(folder, look)
}
