import { describe, expect } from 'vitest'
import { DEFAULT_TENANT, entityId, entityRef } from '../../src/core/ids.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { until } from '../support/deadline.ts'
import { openFolder } from '../support/sqlite-store.ts'
import { type Stage, stageTest } from '../support/stage.ts'
import { STOCK_VERSIONS } from '../support/stock-clients.ts'
import { mayAll, SECRET } from '../support/tokens.ts'

const AUTH = ['--auth-secret', SECRET]
describe('stock clients', () => {
  stageTest(
    '[G20] with a token write together, and one that may only read sees it',
    async (stage) => {
      const id = stage.entity()
      const as = (may: string) => ({ params: { token: mayAll(may) } })
      const writers = STOCK_VERSIONS.map((version) => stage.stock(version, id, as('write')))
      const reader = stage.stock('3.1.0', id, as('read'))
      await Promise.all([...writers, reader].map((client) => client.synced()))
      for (const [n, { doc }] of writers.entries()) doc.getArray('marks').push([n])
      await until(
        'the reader has all',
        stage.deadline,
        () => reader.doc.getArray('marks').length === 3,
      )
      reader.doc.getArray('marks').push(['not allowed'])
      reader.awareness.setLocalStateField('name', 'Reader')
      await until('it is seen', stage.deadline, () =>
        writers.every(({ present }) => present.some(([id]) => id === reader.doc.clientID)),
      )
      await stage.restart('stop')
      const late = await stage.stock('3.1.0', id, as('read')).synced()
      expect(late.doc.getArray('marks').toArray().sort()).toEqual([0, 1, 2])
    },
    { flags: AUTH },
  )

  stageTest(
    '[G26] in two tabs: what one that may only read wrote is in the log by the other tab, or not at all',
    async (stage) => {
      const id = stage.entity()
      const tab = (may: string) =>
        stage.stock('3.1.0', id, { params: { token: mayAll(may) }, broadcasts: true })
      const writer = await tab('write').synced()
      const reader = await tab('read').synced()
      reader.doc.getArray('marks').push(['by the reader'])
      await until(
        'the tabs share it',
        stage.deadline,
        () => writer.doc.getArray('marks').length === 1,
      )
      const watch = await stage.raw(`${id}?token=${mayAll('read', 'watcher')}`)
      expect((await watch.join()).getArray('marks').length).toBe(0)
      // What builds on it is asked for, and the answer brings both: the writer speaks for it then.
      writer.doc.getArray('marks').push(['by the writer'])
      await until('both are there', stage.deadline, async () => {
        const late = await stage.raw(`${id}?token=${mayAll('read', 'watcher')}`)
        return (await late.join()).getArray('marks').length === 2
      })
      expect(await actorsOf(stage, id)).toEqual(['write'])
    },
    { flags: AUTH },
  )
})

/** Everybody who is named as an author in the stored log. */
async function actorsOf(stage: Stage, id: string): Promise<string[]> {
  const { data = '' } = stage.server.options
  await stage.server.stop()
  const store = await openFolder(data)
  try {
    const read = await store.log.read(entityRef(DEFAULT_TENANT, entityId(id)).key, ORIGIN)
    if (read.is !== 'entries') throw new Error('the log does not begin at its beginning')
    return [...new Set(read.entries.flatMap(({ authors }) => authors.map(({ actor }) => actor)))]
  } finally {
    await store.close()
  }
}
