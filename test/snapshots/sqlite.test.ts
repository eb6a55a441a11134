import { rmSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { snapshotsContract } from '../contract/snapshots.contract.ts'
import { appendAll, key, names, snapshotAt } from '../contract/store.ts'
import { until } from '../support/deadline.ts'
import {
  openFolder,
  openSqliteStore,
  temporaryFolder,
  withDatabase,
} from '../support/sqlite-store.ts'

snapshotsContract('sqlite', openSqliteStore)

test('[L23] what a stale commit wrote is swept', async () => {
  const folder = temporaryFolder()
  const { log, snapshots, close } = await openFolder(folder)
  onTestFinished(async () => {
    await close()
    rmSync(folder, { recursive: true })
  })
  const positions = await appendAll(log, key('a'), names('a', 1, 2))
  const rivals = positions.map((position) => snapshotAt(position, 'x'.repeat(600_000)))
  const outcomes = await Promise.all(rivals.map((one) => snapshots.commit(key('a'), one, null)))
  expect([...outcomes].sort()).toEqual(['committed', 'stale'])
  const pieces = () =>
    withDatabase(folder, (db) => db.prepare('SELECT count(*) FROM pieces').pluck().get())
  await until('only the winner’s pieces are left', 5_000, () => pieces() === 3)
})
