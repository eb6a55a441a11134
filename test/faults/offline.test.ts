import { describe, expect } from 'vitest'
import * as Y from 'yjs'
import { areEqual, equalityFaults } from '../support/checker.ts'
import { until } from '../support/deadline.ts'
import { update } from '../support/frames.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { ownStageTest } from '../support/stage.ts'

const COMPACTIONS = 100
const seed = seedOfRun()

describe('a client that was offline for a year', () => {
  ownStageTest(
    `[K13] [K16] ${COMPACTIONS} compactions with gc: its edits land, deletes stay, nothing doubles (seed ${seed})`,
    async (stage) => {
      await stage.start(['--pace-compact-entries', '3'])
      const random = new Seeded(seed)
      const id = stage.entity()
      const before = ['mine', 'theirs', 'kept', 'both'].map((word) => `${word}-before`)
      // Through a port that stays: the server's own might be taken by others between two of its lives.
      const proxy = await stage.proxy()
      const door = stage.doorAt(proxy.port)
      const away = await stage.stock('3.1.0', id, { deadline: 30_000, door }).synced()
      const marks = away.doc.getArray<string>('marks')
      marks.push(before)
      const text = away.doc.getText('text')
      text.insert(0, 'a year ago')

      const raw = await stage.raw(id, { deadline: 30_000 })
      const doc = new Y.Doc()
      await until('it has come', stage.deadline, async () => {
        await raw.join(doc)
        return doc.getText('text').length > 0
      })
      away.provider.disconnect()
      await until('it is gone', stage.deadline, () => !away.provider.wsconnected)
      // Meanwhile, offline: what it adds to, and what it deletes, is deleted by others and collected.
      const remove = (from: Y.Doc, mark: string) => {
        const list = from.getArray<string>('marks')
        list.delete(list.toArray().indexOf(mark))
      }
      marks.push(['written-offline'])
      remove(away.doc, 'mine-before')
      remove(away.doc, 'both-before')
      text.insert(5, 'r gone by, yea')

      doc.on('update', (bytes: Uint8Array, origin: unknown) => {
        if (origin !== raw) raw.send(update(bytes))
      })
      remove(doc, 'theirs-before')
      remove(doc, 'both-before')
      doc.getText('text').delete(0, 10)
      const committed = async () =>
        (await stage.metrics()).sum('compactions_total', { result: 'committed' })
      let n = 0
      await until('a year has passed', 120_000, async () => {
        const list = doc.getArray<string>('marks')
        list.insert(random.int(0, list.length), [`meanwhile-${n++}`])
        await raw.settled()
        const old = list.toArray().filter((mark) => mark.startsWith('meanwhile'))
        if (old.length > 5) remove(doc, random.pick(old))
        doc.getText('text').insert(0, 'new ')
        if (doc.getText('text').length > 40) doc.getText('text').delete(8, 30)
        await raw.settled()
        return (await committed()) >= COMPACTIONS
      })
      const theirs = doc.getArray<string>('marks').toArray()

      away.provider.connect()
      await away.synced()
      const expected = [...theirs, 'written-offline'].filter((mark) => mark !== 'mine-before')
      // By what another is sent: its own document had them all along, and says nothing of the server.
      const witness = await stage.raw(id, { deadline: 30_000 })
      await until('its edits are there', 6_000, async () => {
        const there = (await witness.join()).getArray<string>('marks').toArray()
        return there.length === expected.length && there.includes('written-offline')
      })
      // One's marker answers for one's own: a write behind theirs makes it answer for theirs.
      doc.getMap('last').set('written', true)
      await raw.settled()
      await stage.restart('kill', { port: 0 })
      proxy.plugInto(stage.port)
      const cold = await stage.raw(id, { deadline: 30_000 })
      const stored = await cold.join()
      // It may not have noticed the kill yet, nor have been sent the last of before.
      await until('it is back, and in sync', 30_000, () => areEqual([away.doc, stored]))
      expect(stored.getArray<string>('marks').toArray().sort()).toEqual(expected.sort())
      expect(stored.getText('text').toString()).not.toContain('year ago')
      expect(stored.getText('text').toString()).toContain('gone by')
      expect(
        equalityFaults([
          { name: 'the one who was away', doc: away.doc },
          { name: 'a cold start', doc: stored },
        ]),
      ).toEqual([])
    },
    { timeout: 180_000 },
  )
})
