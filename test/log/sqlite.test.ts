import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ORIGIN } from '../../src/core/position.ts'
import { logContract } from '../contract/log.contract.ts'
import { appendAll, entry, key, names, textsOf, update } from '../contract/store.ts'
import {
  type Opened,
  openFolder,
  openSqliteStore,
  temporaryFolder,
  withDatabase,
} from '../support/sqlite-store.ts'

logContract('sqlite', openSqliteStore)

describe('the log in SQLite', () => {
  let folder: string
  let opened: Opened
  beforeEach(async () => {
    folder = temporaryFolder()
    opened = await openFolder(folder)
  })
  afterEach(async () => {
    await opened.close()
    rmSync(folder, { recursive: true })
  })

  const texts = async (entity = key('a')) => {
    const read = await opened.log.read(entity, ORIGIN)
    return read.is === 'entries' ? textsOf(read.entries) : read
  }

  test('[L1] more than one group can take goes into several, in order', async () => {
    const ids = names('a', 1, 9_000)
    const large = ['b', 'c', 'd'].map((letter) => update(letter.repeat(7_000_000)))
    const [positions] = await Promise.all([
      appendAll(opened.log, key('a'), ids),
      ...large.map((bytes, i) => opened.log.append(key('b'), entry(`b${i}`, { update: bytes }))),
    ])
    expect(positions.map(({ offset }) => offset)).toEqual(ids.map((_, i) => i + 1))
    expect(await texts()).toEqual(ids)
    const read = await opened.log.read(key('b'), ORIGIN)
    if (read.is === 'reset') throw new Error('nothing was trimmed')
    for (const [i, one] of read.entries.entries()) {
      expect(Buffer.compare(one.update, large[i] as Uint8Array)).toBe(0)
    }
    expect(read.entries).toHaveLength(3)
  })

  test('[L40] an entity whose name is lost is refused alone, also within a group', async () => {
    await appendAll(opened.log, key('lost'), ['x'])
    await appendAll(opened.log, key('a'), ['a1'])
    await opened.close()
    withDatabase(folder, (db) => {
      db.prepare("UPDATE entities SET record = x'00', twin = x'00' WHERE key = ?").run(key('lost'))
    })
    opened = await openFolder(folder)
    const outcomes = await Promise.allSettled([
      opened.log.append(key('a'), entry('a2')),
      opened.log.append(key('lost'), entry('y')),
      opened.log.remove(key('lost'), new Map()),
      opened.log.read(key('lost'), ORIGIN),
      opened.snapshots.load(key('lost')),
      opened.log.append(key('a'), entry('a3')),
    ])
    expect(outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : 'done'))).toEqual([
      'done',
      ...Array.from({ length: 4 }, () => 'damaged'),
      'done',
    ])
    expect(await texts()).toEqual(['a1', 'a2', 'a3'])
    expect(opened.store.trouble).toBeNull()
  })
})
