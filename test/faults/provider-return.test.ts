import { join } from 'node:path'
import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { breakDisk } from '../support/break-disk.ts'
import { areEqual } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { marksOf, openHandle, seenAnew } from '../support/provider-crowd.ts'
import { ownStageTest } from '../support/stage.ts'

const PATIENCE = 30_000

describe('[U26] what only a client still has', () => {
  ownStageTest(
    'an edit handed out early, whose author and server died before it was written, is brought back',
    async (stage) => {
      const data = stage.folder()
      const server = await stage.start([], { data, provoked: /SQLITE/ })
      const entity = stage.entity()
      const [author, reader] = [1, 2].map(() => openHandle(stage, stage.port, entity))
      if (author === undefined || reader === undefined) return
      author.doc.getArray('marks').push(['written'])
      await author.saved({ timeoutMs: PATIENCE })
      await until('the reader has it', PATIENCE, () => marksOf(reader.doc).length === 1)

      const fault = { calls: 'pwrite64', error: 'ENOSPC' }
      const repair = await breakDisk(stage, server.pid, fault, join(stage.folder(), 'trace'))
      author.doc.getArray('marks').push(['early'])
      await until('the reader has the next', PATIENCE, () => marksOf(reader.doc).length === 2)
      expect(author.status.save.is).toBe('saving')
      await server.kill()
      await repair()
      await author.destroy()

      await stage.start([], { data, port: stage.port })
      await until('the reader is back', PATIENCE, () => reader.status.link.is === 'online')
      await until('it is brought back', PATIENCE, async () => {
        const { doc, end } = await seenAnew(stage, entity)
        await end()
        return marksOf(doc).includes('early')
      })
      // Seen is not yet written, and no promise was made for it: one made behind it covers it.
      reader.doc.getMap('behind it').set('here', true)
      await reader.saved({ timeoutMs: PATIENCE })
      await reader.destroy()
      await stage.restart('kill')
      const { doc, end } = await seenAnew(stage, entity)
      expect(marksOf(doc)).toEqual(['written', 'early'])
      await end()
    },
    { timeout: 90_000 },
  )
})

describe('[U36] a year away', () => {
  ownStageTest(
    'after 100 compactions an old client brings its edits; nothing doubles, deletes stay',
    async (stage) => {
      await stage.start(['--pace-compact-entries', '4', '--pace-commit', '1ms'])
      const entity = stage.entity()
      const proxy = await stage.proxy()
      const old = openHandle(stage, proxy.port, entity)
      const writer = openHandle(stage, stage.port, entity)
      const text = writer.doc.getText()
      text.insert(0, 'to be deleted. kept from the start. ')
      await writer.saved({ timeoutMs: PATIENCE })
      await until('the old one has it', PATIENCE, () => old.doc.getText().length === text.length)

      proxy.plugInto(null)
      proxy.cut()
      await until('it is away', PATIENCE, () => old.status.link.is === 'offline')
      // Inside what will be deleted, behind what stays, and a delete of its own.
      old.doc.getText().insert(6, '(written away) ')
      old.doc.getText().insert(old.doc.getText().length, 'the end of the old one.')
      old.doc.getText().delete(old.doc.getText().toString().indexOf('from the start'), 5)
      text.delete(0, 'to be deleted. '.length)
      let edits = 0
      const compactions = async () =>
        (await stage.metrics()).sum('compactions_total', { result: 'committed' })
      while ((await compactions()) < 100) {
        for (let some = 0; some < 5; some++) {
          text.insert(0, `${edits++} `)
          if (edits % 3 === 0) text.delete(0, 2)
          await writer.saved({ timeoutMs: PATIENCE })
        }
      }

      proxy.plugInto(stage.port)
      await old.saved({ timeoutMs: PATIENCE })
      await until('all agree', PATIENCE, () => areEqual([old.doc, writer.doc]))
      const { doc, end } = await seenAnew(stage, entity)
      expect(areEqual([doc, writer.doc])).toBe(true)
      const found = doc.getText().toString()
      await end()
      expect(found).not.toContain('to be')
      expect(found).not.toContain('deleted.')
      for (const once of ['(written away) ', 'the end of the old one.', 'kept the start. ']) {
        expect(found.split(once), once).toHaveLength(2)
      }
      expect(old.status.save).toEqual({ is: 'saved' })
      expect(doc.store.pendingStructs).toBe(null)
      expect(Y.encodeStateVector(doc)).toEqual(Y.encodeStateVector(writer.doc))
    },
    { timeout: 3 * 60_000 },
  )
})
