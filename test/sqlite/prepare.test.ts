import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TributaryError } from '../../src/core/errors.ts'
import { Database } from '../../src/sqlite/driver.ts'
import { APPLICATION_ID, MIGRATIONS } from '../../src/sqlite/migrations.ts'
import { prepare } from '../../src/sqlite/prepare.ts'
import { temporaryFolder, withDatabase } from '../support/sqlite-store.ts'

describe('a data folder', () => {
  let folder: string
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => {
    chmodSync(folder, 0o755)
    rmSync(folder, { recursive: true })
  })

  const file = () => join(folder, 'tributary.db')
  /** A write-ahead log with one page of the database in it, which is then cut. */
  const cutAsKilled = (length: number) => {
    const db = new Database(file())
    db.pragma('user_version = 1')
    const log = readFileSync(`${file()}-wal`)
    db.close()
    writeFileSync(`${file()}-wal`, log)
    truncateSync(file(), length)
  }
  /** Every file but the lock, which holds nothing, by its content. */
  const contents = () =>
    readdirSync(folder)
      .filter((name) => name !== 'tributary.lock')
      .sort()
      .map(
        (name) =>
          `${name} ${createHash('sha1')
            .update(readFileSync(join(folder, name)))
            .digest('hex')}`,
      )
  const refused = (path = folder): string => {
    try {
      prepare(path).release()
    } catch (error) {
      expect(error).toBeInstanceOf(TributaryError)
      expect((error as TributaryError).code).toBe('storage')
      expect((error as Error).message).not.toContain('\n')
      return (error as Error).message
    }
    throw new Error('it was not refused')
  }
  const refusedUntouched = (): string => {
    const before = contents()
    const message = refused()
    expect(contents()).toEqual(before)
    return message
  }

  test('[L32] is made with its parents, and its database with it', () => {
    const deep = join(folder, 'a', 'b')
    const { release } = prepare(deep)
    release()
    expect(statSync(join(deep, 'tributary.lock')).size).toBe(0)
    withDatabase(deep, (db) => {
      const pragma = (name: string) => db.pragma(name, { simple: true })
      expect(pragma('application_id')).toBe(APPLICATION_ID)
      expect(pragma('user_version')).toBe(MIGRATIONS.length)
      expect(pragma('journal_mode')).toBe('wal')
      expect(pragma('auto_vacuum'), 'incremental').toBe(2)
      expect(pragma('integrity_check')).toBe('ok')
    })
  })

  test('[L32] that is there already is left as it is', () => {
    prepare(folder).release()
    const before = contents()
    prepare(folder).release()
    expect(contents()).toEqual(before)
  })

  test('[L32] which a crash left with an empty database is begun again', () => {
    writeFileSync(file(), '')
    prepare(folder).release()
    rmSync(file())
    const half = new Database(file())
    half.pragma('auto_vacuum = INCREMENTAL')
    half.pragma('journal_mode = WAL')
    half.close()
    expect(statSync(file()).size).toBeGreaterThan(0)
    prepare(folder).release()
    withDatabase(folder, (db) => {
      expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
    })
  })

  describe('[L33] is refused, untouched, with one line that names the remedy', () => {
    test('when this process has it already', () => {
      const { release } = prepare(folder)
      expect(refusedUntouched()).toBe(
        `the data folder ${folder} is in use by another process: stop it, or choose another folder with --data`,
      )
      release()
      prepare(folder).release()
    })

    test('while another process has it, and not a moment longer, however that one ends', async () => {
      const other = await holdElsewhere(folder)
      try {
        expect(refusedUntouched()).toContain('is in use by another process')
      } finally {
        await killed(other)
      }
      prepare(folder).release()
    })

    test('when its database was written by a newer version', () => {
      prepare(folder).release()
      withDatabase(folder, (db) => db.pragma(`user_version = ${MIGRATIONS.length + 6}`))
      expect(refusedUntouched()).toBe(
        `${file()} was written by a newer version of Tributary (its format is ${MIGRATIONS.length + 6}, ` +
          `this version knows ${MIGRATIONS.length}): start that version, or choose another folder with --data`,
      )
    })

    test('when its database is another program’s', () => {
      withDatabase(folder, (db) => db.exec('CREATE TABLE songs (name TEXT)'))
      expect(refusedUntouched()).toContain('is not a database of Tributary')
    })

    test('when what bears the name is no database', () => {
      writeFileSync(file(), 'To whom it may concern: '.repeat(1_000))
      expect(refusedUntouched()).toContain('put a backup in its place')
    })

    test('when its database is cut short', () => {
      prepare(folder).release()
      truncateSync(file(), 8_192)
      expect(refused()).toBe(
        `${file()} is damaged: put a backup in its place, or save what can be read with sqlite3 ${file()} .recover`,
      )
      expect(statSync(file()).size).toBe(8_192)
    })

    test('when its database is empty beside a write-ahead log', () => {
      prepare(folder).release()
      cutAsKilled(0)
      expect(refusedUntouched()).toContain('is damaged: put a backup in its place')
    })

    test('when a page is neither in its database nor, whole, in the write-ahead log', () => {
      prepare(folder).release()
      const whole = statSync(file()).size
      cutAsKilled(whole - 1)
      expect(refusedUntouched()).toContain('is damaged: put a backup in its place')
      truncateSync(`${file()}-wal`, 0)
      expect(refusedUntouched()).toContain('is damaged: put a backup in its place')
    })

    test('but not when what its database lacks is in the write-ahead log', () => {
      const { release } = prepare(folder)
      const before = statSync(file()).size
      const db = new Database(file())
      db.exec(`INSERT INTO set_aside (key, cost, record) VALUES ('k', 1, zeroblob(${2 ** 20}))`)
      const log = readFileSync(`${file()}-wal`)
      db.pragma('wal_checkpoint(TRUNCATE)')
      expect(statSync(file()).size).toBeGreaterThan(2 ** 20)
      db.close()
      release()
      // As a crash in the middle of copying back leaves it, the header with the new length first.
      writeFileSync(`${file()}-wal`, log)
      truncateSync(file(), before)
      prepare(folder).release()
      withDatabase(folder, (again) => {
        expect(again.prepare('SELECT length(record) AS n FROM set_aside').get()).toEqual({
          n: 2 ** 20,
        })
      })
    })

    test('when it is a file', () => {
      writeFileSync(join(folder, 'data'), '')
      const data = join(folder, 'data')
      const otherwise = 'choose another one with --data'
      expect(refused(data)).toContain(`cannot be created, it is a file: ${otherwise}`)
      const below = 'cannot be created, a part of its path is a file'
      expect(refused(join(data, 'deeper'))).toContain(below)
    })

    test('when it is in a place where no folder can be made, and says so at once', () => {
      expect(refused('/proc/tributary/data')).toContain('cannot be created, ')
    })

    test('when it cannot be written', () => {
      chmodSync(folder, 0o555)
      expect(asNobody(refused)).toContain('cannot be written: make it writable for this user')
      expect(readdirSync(folder)).toEqual([])
      expect(asNobody(() => refused(join(folder, 'new')))).toContain('cannot be created')
    })

    test('when its database cannot be written', () => {
      prepare(folder).release()
      chmodSync(folder, 0o777)
      chmodSync(join(folder, 'tributary.lock'), 0o666)
      chmodSync(file(), 0o444)
      expect(asNobody(refused)).toContain('make it readable and writable for this user')
      chmodSync(file(), 0o000)
      expect(asNobody(refused)).toContain('make it readable and writable for this user')
    })
  })

  test('[L32] a migration that fails leaves the version before it', () => {
    // A table of the same name in a database that says it is ours, at version 0: the step must fail.
    withDatabase(folder, (db) => {
      db.pragma(`application_id = ${APPLICATION_ID}`)
      db.exec('CREATE TABLE set_aside (mine TEXT)')
    })
    expect(refused()).toContain('cannot be')
    withDatabase(folder, (db) => {
      expect(db.pragma('user_version', { simple: true })).toBe(0)
      const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
      expect(tables).toEqual(['set_aside'])
    })
    expect(existsSync(file())).toBe(true)
  })
})

/** Root may write everywhere: the test goes on as somebody who may not. */
function asNobody<Value>(work: () => Value): Value {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.(65_534)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}

async function holdElsewhere(folder: string): Promise<ChildProcess> {
  const script = `
    import { prepare } from ${JSON.stringify(new URL('../../dist/sqlite/prepare.js', import.meta.url).href)}
    prepare(${JSON.stringify(folder)})
    console.log('held')
    setInterval(() => {}, 1_000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve)
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)))
  })
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}
