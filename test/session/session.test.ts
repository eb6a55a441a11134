import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import type { SoundUpdate } from '../../src/crdt/scan.ts'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import type { Entity } from '../../src/entity/entity.ts'
import type { State } from '../../src/entity/states.ts'
import { compactSound } from '../../src/jobs/compact-sound.ts'
import { author } from '../support/author.ts'
import { entityStage } from '../support/entity-stage.ts'
import { join, NOTHING } from '../support/session-stage.ts'

/** A document with what another has, and an update. */
function writerOf(doc: Y.Doc, update: Uint8Array): Y.Doc {
  const both = new Y.Doc()
  for (const one of [Y.encodeStateAsUpdate(doc), update]) Y.applyUpdate(both, one)
  return both
}

const textOf = (doc: Y.Doc) => doc.getText('t').toString()

describe('joining', () => {
  test('[S1] the server asks with its true state vector, and tells nothing before it was told', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.update(author(1).write('hello'), 'update')
    await stage.settle()
    const bob = join(stage, entity)
    expect(bob.outlet.said).toEqual([{ is: 'question', known: new Map([[1, 5]]) }])
    ann.session.update(author(2).write('more'), 'update')
    await stage.settle()
    expect(bob.outlet.kinds()).toEqual(['question'])
  })

  test('[S2] what is fanned out during a join comes behind it', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    const writer = author(1)
    ann.session.update(writer.write('one'), 'update')
    const bob = join(stage, entity)
    bob.session.sync(NOTHING)
    await stage.settle()
    ann.session.update(writer.write('two'), 'update')
    await stage.settle()
    expect(bob.outlet.kinds()).toEqual(['question', 'synced', 'batch', 'batch'])
    expect(textOf(bob.outlet.doc())).toBe('twoone')
  })

  test('[S10] a second question while the socket is full waits until it has drained', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = join(stage, entity, { limits: { outboxSoftBytes: 10 } })
    bob.session.sync(NOTHING)
    bob.outlet.unsent = 11
    const waits = bob.session.sync(NOTHING)
    expect(waits).toBeInstanceOf(Promise)
    expect(bob.outlet.kinds()).toEqual(['question', 'synced'])
    bob.outlet.unsent = 0
    bob.session.drained()
    await waits
    expect(bob.outlet.kinds()).toEqual(['question', 'synced', 'synced'])
  })

  /** What joins wait for, until the function that comes back is called. */
  function heldBack(entity: Entity): () => Promise<void> {
    const state = entity.state()
    let go: (state: State) => void = () => {}
    entity.state = () =>
      new Promise((resolve) => {
        go = resolve
      })
    return async () => go(await state)
  }

  test('[S18] whose session has ended while its state was loaded is sent nothing of it', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    entity.submit(checkUpdate(author(1).write('secret')), null)
    const loaded = heldBack(entity)
    const bob = join(stage, entity)
    const waits = bob.session.sync(NOTHING)
    bob.session.end('kicked')
    await loaded()
    await waits
    expect(bob.outlet.kinds()).toEqual(['question', 'closed'])
  })

  test('[S18] nor what has come since its socket was full', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = join(stage, entity, { limits: { outboxSoftBytes: 10 } })
    bob.session.sync(NOTHING)
    bob.outlet.unsent = 11
    const update = author(1).write('secret') as SoundUpdate
    entity.submit(checkUpdate(update), null)
    await stage.settle()
    const compacted = compactSound(null, [update], { gc: true })
    entity.adopt({ ...compacted, position: entity.position })
    const loaded = heldBack(entity)
    bob.outlet.unsent = 0
    bob.session.drained()
    bob.session.end('kicked')
    await loaded()
    await stage.settle()
    expect(bob.outlet.kinds()).toEqual(['question', 'synced', 'closed'])
  })

  test('a state vector that is none ends the session', async () => {
    const stage = entityStage()
    const bob = join(stage, await stage.load())
    bob.session.sync(Uint8Array.of(9))
    expect(bob.outlet.said.at(-1)).toEqual({ is: 'refused', why: 'malformed' })
    expect(bob.session.closed).toBe(true)
  })
})

describe('markers and questions', () => {
  test('[E6] a marker is answered when everything before it is durable', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.update(Uint8Array.of(0, 0), 'answer')
    ann.session.marker(Uint8Array.of(1))
    expect(ann.outlet.markers()).toEqual([1])
    ann.session.update(author(1).write('x'), 'update')
    ann.session.marker(Uint8Array.of(2))
    stage.clock.advance(20)
    expect(ann.outlet.markers()).toEqual([1])
    await stage.settle()
    expect(ann.outlet.markers()).toEqual([1, 2])
  })

  test('[E6] [S7] one behind an unclosed update waits for the answer, and for its being durable', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.update(Uint8Array.of(0, 0), 'answer')
    const writer = author(1)
    writer.write('a')
    ann.session.update(writer.write('b'), 'update')
    ann.session.update(writer.write('c'), 'update')
    expect(ann.outlet.kinds()).toEqual(['question', 'question'])
    ann.session.marker(Uint8Array.of(7))
    await stage.settle()
    expect(ann.outlet.markers()).toEqual([])
    ann.session.update(Y.encodeStateAsUpdate(writer.doc), 'answer')
    expect(ann.outlet.markers()).toEqual([])
    await stage.settle()
    expect(ann.outlet.markers()).toEqual([7])
    expect(decodeStateVector(entity.stateVector)).toEqual(new Map([[1, 3]]))
  })

  test('[S16] an answer without what was cut off confirms nothing', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.update(Uint8Array.of(0, 0), 'answer')
    const other = author(2)
    const writer = author(1)
    Y.applyUpdate(writer.doc, other.write('theirs'))
    const mine = writer.write('mine')
    // As it was before `mine`: it left before the question came.
    const offer = Y.encodeStateAsUpdate(other.doc)
    writer.doc.getText('t').delete(6, 1)
    const whole = Y.encodeStateAsUpdate(writer.doc)
    const deleting = Y.encodeStateAsUpdate(writer.doc, Y.encodeStateVector(writer.doc))
    ann.session.update(mine, 'update', 1)
    ann.session.update(deleting, 'update', 2)
    ann.session.marker(Uint8Array.of(7))
    ann.session.update(offer, 'answer', 3)
    await stage.settle()
    expect(ann.outlet.kinds()).toEqual(['question', 'question'])
    const withoutDeletes = Y.encodeStateAsUpdate(writerOf(other.doc, mine))
    ann.session.update(withoutDeletes, 'answer', 4)
    await stage.settle()
    expect(ann.outlet.kinds()).toEqual(['question', 'question'])
    expect(ann.outlet.acks).toEqual([])
    ann.session.update(whole, 'answer', 5)
    expect(ann.outlet.markers()).toEqual([])
    await stage.settle()
    expect(ann.outlet.markers()).toEqual([7])
    expect(ann.outlet.acks).toEqual([5])
  })

  test('[S16] what was cut off may be brought by somebody else', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    const writer = author(1)
    writer.write('a')
    ann.session.update(writer.write('b'), 'update')
    ann.session.marker(Uint8Array.of(7))
    entity.submit(checkUpdate(Y.encodeStateAsUpdate(writer.doc)), null)
    ann.session.tick(stage.clock.monotonic())
    expect(ann.outlet.markers()).toEqual([])
    await stage.settle()
    ann.session.tick(stage.clock.monotonic() + 60_000)
    expect(ann.outlet.markers()).toEqual([7])
    expect(ann.session.closed).toBe(false)
  })

  test('[S7] a question without an answer is asked once more, then the session ends', async () => {
    const stage = entityStage()
    const ann = join(stage, await stage.load())
    const tick = (ms: number) => {
      stage.clock.advance(ms)
      ann.session.tick(stage.clock.now)
    }
    // The first question of all needs no answer until something depends on it.
    tick(60_000)
    const writer = author(1)
    writer.write('a')
    ann.session.update(writer.write('b'), 'update')
    expect(ann.outlet.kinds()).toEqual(['question'])
    tick(9_999)
    expect(ann.outlet.kinds()).toEqual(['question'])
    tick(1)
    expect(ann.outlet.kinds()).toEqual(['question', 'question'])
    tick(9_999)
    tick(1)
    expect(ann.outlet.said.at(-1)).toEqual({ is: 'closed', why: 'no-answer' })
  })
})
