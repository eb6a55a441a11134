import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EntityKey } from '../../src/core/ids.ts'
import { entry } from '../contract/store.ts'
import { all, dumpStore, told } from '../support/dump-store.mjs'
import { type Opened, openFolder, temporaryFolder, withDatabase } from '../support/sqlite-store.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url))

/** One folder per format that was ever released. */
const releases = readdirSync(FIXTURES).filter((name) => name.startsWith('data-v'))

test('[L43] there is a data folder of each format', () => {
  expect(releases).toContain('data-v1')
})

describe.each(releases)('[L43] the data folder %s', (name) => {
  const expected = JSON.parse(readFileSync(join(FIXTURES, name, 'expected.json'), 'utf8'))
  const keys = Object.keys(expected.entities) as EntityKey[]
  let folder: string
  let opened: Opened
  beforeEach(async () => {
    folder = temporaryFolder()
    copyFileSync(join(FIXTURES, name, 'tributary.db'), join(folder, 'tributary.db'))
    opened = await openFolder(folder)
  })
  afterEach(async () => {
    await opened.close()
    rmSync(folder, { recursive: true })
  })
  const found = async () => ({
    entities: await dumpStore(opened.log, opened.snapshots, keys),
    snapshots: await all(opened.snapshots.list()),
    aside: (await all(opened.log.listSetAside())).map((one) => ({
      ...one,
      bytes: told(one.bytes),
    })),
  })
  const asJson = (value: unknown) => JSON.parse(JSON.stringify(value))

  test('is read as it was written', async () => {
    expect(asJson(await found())).toEqual(expected)
  })

  test('goes on from where it ended', async () => {
    for (const key of keys) {
      const { head, entries } = expected.entities[key]
      const { position } = await opened.log.append(key, entry('one more'), { expect: head })
      expect(position.offset).toBe(head.offset + 1)
      await opened.close()
      opened = await openFolder(folder)
      const now = asJson(await dumpStore(opened.log, opened.snapshots, [key]))[key]
      expect(now.entries.slice(0, -1)).toEqual(entries)
      expect(now.entries.at(-1).position).toEqual(position)
    }
  })

  test('is whole', async () => {
    expect(withDatabase(folder, (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok')
  })
})
