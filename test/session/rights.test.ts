import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { encodeAwareness } from '../../src/crdt/awareness.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import { author } from '../support/author.ts'
import { entityStage } from '../support/entity-stage.ts'
import { join } from '../support/session-stage.ts'

describe('rights and rates', () => {
  test('[S8] a reader’s update is dropped with a reason; one that brings nothing is no offence', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const writer = author(1)
    const update = writer.write('x')
    entity.submit(checkUpdate(update), null)
    await stage.settle()
    const reader = join(stage, entity, { may: 'read' })
    reader.session.update(update, 'answer')
    expect(reader.outlet.kinds()).toEqual(['question'])
    reader.session.update(writer.write('y'), 'update')
    expect(reader.outlet.kinds()).toEqual(['question', 'denied'])
    await stage.settle()
    expect(decodeStateVector(entity.stateVector)).toEqual(new Map([[1, 1]]))
    reader.session.awareness(encodeAwareness([{ client: 5, clock: 1, state: Uint8Array.of(0x31) }]))
    expect(entity.presence.size).toBe(1)
  })

  test('[S17] a reader’s update that builds on what is not known is refused', async () => {
    const stage = entityStage()
    const reader = join(stage, await stage.load(), { may: 'read' })
    const writer = author(1)
    writer.write('a')
    reader.session.update(writer.write('b'), 'update', 1)
    await stage.settle()
    expect(reader.outlet.kinds()).toEqual(['question', 'denied'])
  })

  test('[L75] who may write is asked for what the entity may lack, and may leave it unanswered', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const reader = join(stage, entity, { may: 'read' })
    const writer = join(stage, entity)
    expect([reader.session.ask(), writer.session.ask()]).toEqual([false, true])
    expect(reader.outlet.kinds()).toEqual(['question'])
    expect(writer.outlet.kinds()).toEqual(['question', 'question'])
    writer.session.tick(stage.clock.monotonic() + 60_000)
    expect(writer.session.closed).toBe(false)
  })

  test('[S9] a malformed update ends the session', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.update(Uint8Array.of(1, 2, 3), 'update')
    expect(ann.outlet.said.at(-1)).toEqual({ is: 'refused', why: 'malformed' })
    expect(entity.members).toBe(0)
    ann.session.update(author(1).write('x'), 'update')
    expect(entity.busy).toBe(false)
    expect(stage.metrics.sessions.value).toBe(0)
  })

  test('[S6] who is over a rate waits until the debt is gone', async () => {
    const stage = entityStage()
    const limits = { sessionMessages: 10, sessionMessagesBurst: 20 }
    const ann = join(stage, await stage.load(), { limits })
    for (let i = 0; i < 20; i++) expect(ann.session.spend(1)).toBeUndefined()
    let waited = false
    const waits = ann.session.spend(1)?.then(() => {
      waited = true
    })
    stage.clock.advance(99)
    await Promise.resolve()
    expect(waited).toBe(false)
    stage.clock.advance(1)
    await waits
    expect(waited).toBe(true)
  })

  test('[S6] new client ids have a rate, but not in an answer', async () => {
    const stage = entityStage()
    const ann = join(stage, await stage.load(), { limits: { sessionNewClients: 3 } })
    const many = (from: number) =>
      Y.mergeUpdates(
        Array.from({ length: 5 }, (_, i) => {
          const doc = new Y.Doc()
          doc.clientID = from + i
          doc.getText('t').insert(0, 'x')
          return Y.encodeStateAsUpdate(doc)
        }),
      )
    expect(ann.session.update(many(100), 'answer')).toBeUndefined()
    expect(ann.session.update(many(200), 'update')).toBeInstanceOf(Promise)
  })
})
