import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import { update } from '../support/frames.ts'
import { stageTest } from '../support/stage.ts'
import { insertion } from './insertion.ts'

describe('rates pause reading: nothing is lost, nobody is closed', () => {
  stageTest(
    '[S6] messages',
    async (stage) => {
      const id = stage.entity()
      const raw = await stage.raw(id)
      await raw.join()
      const doc = new Y.Doc()
      const updates: Uint8Array[] = []
      doc.on('update', (bytes: Uint8Array) => updates.push(update(bytes)))
      for (let n = 0; n < 150; n++) doc.getArray('list').push([n])
      const from = performance.now()
      for (const bytes of updates) raw.send(bytes)
      await raw.settled()
      // 50 at once and 100 more at 50 a second.
      expect(performance.now() - from).toBeGreaterThan(1_500)
      const reader = await stage.raw(id)
      await reader.join()
      expect(reader.doc().getArray('list').length).toBe(150)
    },
    { flags: ['--limit-session-messages', '50', '--limit-session-messages-burst', '50'] },
  )

  stageTest(
    '[S6] bytes',
    async (stage) => {
      const id = stage.entity()
      const raw = await stage.raw(id)
      await raw.join()
      const from = performance.now()
      for (let n = 0; n < 30; n++) raw.send(insertion('x'.repeat(10_000), 1_000 + n))
      await raw.settled()
      // 100 KB at once and 200 KB more at 100 KB a second.
      expect(performance.now() - from).toBeGreaterThan(1_500)
      const reader = await stage.raw(id)
      await reader.join()
      expect(reader.doc().getArray('list').length).toBe(30)
    },
    { flags: ['--limit-session-bytes', '100KB', '--limit-session-bytes-burst', '100KB'] },
  )

  stageTest(
    '[S6] new client ids: one session is held up, the others are not',
    async (stage) => {
      const id = stage.entity()
      const raw = await stage.raw(id)
      await raw.join()
      for (let n = 0; n < 30; n++) raw.send(insertion(`id ${n}`, 1_000 + n))
      const other = await stage.stock('3.1.0', id).synced()
      other.doc.getArray('list').push(['unharmed'])
      const reader = await stage.stock('2.1.0', id).synced()
      await until('the other', stage.deadline, () =>
        reader.doc.getArray('list').toJSON().includes('unharmed'),
      )
      expect(reader.doc.getArray('list').length).toBeLessThan(20)
      expect(raw.isClosed).toBe(false)
    },
    { flags: ['--limit-session-new-clients', '10'] },
  )
})
