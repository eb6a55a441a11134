import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { DEFAULT_LIMITS, DEFAULT_PACES, type Limits } from '../../src/core/limits.ts'
import { SILENT } from '../../src/core/logger.ts'
import { encodeAwareness } from '../../src/crdt/awareness.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { decodeStateVector, encodeStateVector } from '../../src/crdt/state-vector.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { Session } from '../../src/session/session.ts'
import { type EntityStage, entityStage, REF } from '../support/entity-stage.ts'
import { FakeOutlet } from '../support/fake-outlet.ts'

function join(
  stage: EntityStage,
  entity: Entity,
  options: { limits?: Partial<Limits>; may?: 'read' | 'write' } = {},
) {
  const outlet = new FakeOutlet()
  const session = new Session(
    {
      clock: stage.clock,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      paces: DEFAULT_PACES,
      metrics: stage.metrics,
      checkInThread: async (bytes) => checkUpdate(bytes),
    },
    { actor: 'anonymous', session: 's', may: options.may ?? 'write', until: null, logger: SILENT },
    entity,
    outlet,
  )
  session.open()
  return { session, outlet }
}

function author(clientID: number) {
  const doc = new Y.Doc()
  doc.clientID = clientID
  let last = new Uint8Array()
  doc.on('update', (update: Uint8Array) => {
    last = new Uint8Array(update)
  })
  const write = (text: string): Uint8Array => {
    doc.getText('t').insert(0, text)
    return last
  }
  return { doc, write }
}

/** A document with what another has, and an update. */
function writerOf(doc: Y.Doc, update: Uint8Array): Y.Doc {
  const both = new Y.Doc()
  for (const one of [Y.encodeStateAsUpdate(doc), update]) Y.applyUpdate(both, one)
  return both
}

const nothing = encodeStateVector(new Map())
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
    bob.session.sync(nothing)
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
    bob.session.sync(nothing)
    bob.outlet.unsent = 11
    const waits = bob.session.sync(nothing)
    expect(waits).toBeInstanceOf(Promise)
    expect(bob.outlet.kinds()).toEqual(['question', 'synced'])
    bob.outlet.unsent = 0
    bob.session.drained()
    await waits
    expect(bob.outlet.kinds()).toEqual(['question', 'synced', 'synced'])
  })

  test('a state vector that is none ends the session', async () => {
    const stage = entityStage()
    const bob = join(stage, await stage.load())
    bob.session.sync(Uint8Array.of(9))
    expect(bob.outlet.said.at(-1)).toEqual({ is: 'refused', why: 'malformed' })
    expect(bob.session.closed).toBe(true)
  })
})

describe('conflation', () => {
  test('[S4] a full socket is sent nothing, and one merged update when it has drained', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = join(stage, entity, { limits: { outboxSoftBytes: 10 } })
    bob.session.sync(nothing)
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
    bob.session.sync(nothing)
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
      reader.session.sync(nothing)
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
    const waits = bob.session.sync(nothing)
    expect(waits).toBeUndefined()
    expect(bob.outlet.kinds()).toEqual(['question'])
    bob.outlet.unsent = 0
    bob.session.drained()
    expect(bob.outlet.kinds()).toEqual(['question', 'synced'])
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

describe('presence', () => {
  const state = (client: number, clock: number) =>
    encodeAwareness([{ client, clock, state: new TextEncoder().encode(`"${client}"`) }])

  test('[A7] [A13] a joiner is told who is here after its claim, or 50 ms after its step1', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.sync(nothing)
    ann.session.awareness(state(1, 1))
    await stage.settle()
    const bob = join(stage, entity)
    bob.session.sync(nothing)
    expect(bob.outlet.kinds()).not.toContain('awareness')
    bob.session.awareness(state(2, 1))
    expect(bob.outlet.said.slice(-2)).toEqual([
      { is: 'awareness', entries: ['2:10002=null'] },
      { is: 'awareness', entries: ['1:2="1"'] },
    ])
    const silent = join(stage, entity)
    silent.session.sync(nothing)
    stage.clock.advance(49)
    expect(silent.outlet.kinds()).not.toContain('awareness')
    stage.clock.advance(1)
    expect(silent.outlet.said.at(-1)).toEqual({ is: 'awareness', entries: ['1:2="1"', '2:2="2"'] })
  })

  test('[A7] a claim that arrives later than that is still a claim', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.sync(nothing)
    await stage.settle(1_000)
    ann.session.awareness(state(1, 5))
    const bob = join(stage, entity)
    bob.session.awareness(state(1, 9))
    await stage.settle(60)
    // Nobody else is heard about an id that has an owner.
    expect([...entity.presence.greeting(bob.session)]).toHaveLength(1)
    expect(entity.presence.aligning(ann.session)).not.toBeNull()
  })

  test('[A1] only the frame directly after the first step1 is a claim', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    ann.session.sync(nothing)
    ann.session.update(Uint8Array.of(0, 0), 'answer')
    ann.session.awareness(state(1, 5))
    const bob = join(stage, entity)
    bob.session.sync(nothing)
    bob.session.awareness(state(1, 2))
    // Bob's is the claim: Ann, who only spoke for the id, is not heard any more.
    ann.session.awareness(state(1, 9))
    await stage.settle(60)
    expect(ann.outlet.said.at(-1)).toEqual({ is: 'awareness', entries: ['1:5="1"'] })
  })

  test('[A9] who missed presence gets the newest of each when there is room', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = join(stage, entity)
    const bob = join(stage, entity, { limits: { outboxSoftBytes: 10 } })
    for (const { session } of [ann, bob]) session.sync(nothing)
    stage.clock.advance(50)
    bob.outlet.unsent = 11
    for (let clock = 1; clock < 10; clock++) {
      ann.session.awareness(state(1, clock))
      await stage.settle()
    }
    expect(bob.outlet.kinds()).not.toContain('awareness')
    bob.outlet.unsent = 0
    bob.session.drained()
    expect(bob.outlet.said.at(-1)).toEqual({ is: 'awareness', entries: ['1:9="1"'] })
  })
})
