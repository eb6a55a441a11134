import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { author } from '../support/author.ts'
import { entityStage, REF } from '../support/entity-stage.ts'
import { join, NOTHING } from '../support/session-stage.ts'

const textOf = (doc: Y.Doc) => doc.getText('t').toString()

describe('conflation', () => {
  test('[S4] a full socket is sent nothing, and one merged update when it has drained', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = join(stage, entity, { limits: { outboxSoftBytes: 10 } })
    bob.session.sync(NOTHING)
    bob.outlet.stalled = true
    const writer = author(1)
    for (let i = 0; i < 20; i++) {
      entity.submit(checkUpdate(writer.write(`${i},`)), null)
      await stage.settle()
    }
    // Deletes too: structs alone would leave the text there.
    writer.doc.getText('t').delete(0, 6)
    entity.submit(checkUpdate(Y.encodeStateAsUpdate(writer.doc)), null)
    await stage.settle()
    expect(bob.outlet.kinds()).toEqual(['question', 'synced', 'batch'])
    expect(stage.metrics.conflations.value).toBe(1)
    bob.outlet.stalled = false
    bob.outlet.unsent = 0
    bob.session.drained()
    expect(bob.outlet.kinds()).toEqual(['question', 'synced', 'batch', 'update'])
    expect(textOf(bob.outlet.doc())).toBe(textOf(writer.doc))
    entity.submit(checkUpdate(writer.write('live again')), null)
    await stage.settle()
    expect(textOf(bob.outlet.doc())).toBe(textOf(writer.doc))
  })

  test('[S4] [E17] who is full at a frame that stands for two batches lacks both', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = join(stage, entity, { limits: { outboxSoftBytes: 10 } })
    bob.session.sync(NOTHING)
    const [here, far] = [author(1), author(9)]
    let id = 0
    const told = (update: Uint8Array) =>
      stage.log.append(REF.key, {
        id: `foreign-${id++}`,
        authors: [],
        origin: 'session',
        time: 0,
        update: update as never,
      })
    await told(far.write('quiet '))
    bob.outlet.unsent = 11
    await told(far.write('from afar '))
    entity.submit(checkUpdate(here.write('from here ')), null)
    await stage.settle()
    expect(stage.metrics.conflations.value).toBe(1)
    bob.outlet.unsent = 0
    bob.session.drained()
    expect(bob.outlet.kinds()).toEqual(['question', 'synced', 'batch', 'update'])
    const text = textOf(bob.outlet.doc())
    for (const part of ['quiet', 'from afar', 'from here']) expect(text).toContain(part)
  })

  test('[S4] all who stopped at the same place get the same bytes', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const writer = author(1)
    const readers = [1, 2].map(() => {
      const reader = join(stage, entity, { limits: { outboxSoftBytes: 0 } })
      reader.session.sync(NOTHING)
      reader.outlet.unsent = 1
      return reader
    })
    for (let i = 0; i < 5; i++) {
      entity.submit(checkUpdate(writer.write(`${i},`)), null)
      await stage.settle()
    }
    const caught = readers.map(({ session, outlet }) => {
      outlet.unsent = 0
      session.drained()
      return (outlet.said.at(-1) as { update: Uint8Array }).update
    })
    expect(caught[0]).toBe(caught[1])
  })

  test('[S5] no further piece is written above the hard limit', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = join(stage, entity, { limits: { outboxSoftBytes: 100, outboxHardBytes: 100 } })
    bob.outlet.unsent = 100
    bob.session.drained()
    const waits = bob.session.sync(NOTHING)
    expect(waits).toBeUndefined()
    expect(bob.outlet.kinds()).toEqual(['question'])
    bob.outlet.unsent = 0
    bob.session.drained()
    expect(bob.outlet.kinds()).toEqual(['question', 'synced'])
  })
})
