import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { TributaryError } from '../../src/core/errors.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { compactUpdates } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { CutOff } from '../../src/crdt/cut-off.ts'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import type { LogRead } from '../../src/log/log.ts'
import { entityStage, REF, submit, Witness } from '../support/entity-stage.ts'

/** A document whose updates are collected. */
function author(clientID: number) {
  const doc = new Y.Doc()
  doc.clientID = clientID
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const write = (text: string): Uint8Array => {
    doc.getText('t').insert(0, text)
    return updates.at(-1) as Uint8Array
  }
  return { doc, updates, write }
}

/** Somebody who writes on another node: what comes of it is only in the log. */
function elsewhere({ log }: ReturnType<typeof entityStage>) {
  const ann = author(9)
  let id = 0
  const append = (letter: string) =>
    log.append(REF.key, {
      id: `foreign-${id++}`,
      authors: [],
      origin: 'session',
      time: 0,
      update: ann.write(letter) as never,
    })
  return { ann, append }
}

const textOf = (updates: readonly Uint8Array[]): string => {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText('t').toString()
}

const entriesOf = (read: LogRead) => (read.is === 'entries' ? read.entries : [])

describe('batches', () => {
  test('[E2] a tick with one author goes to all but the author', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const [ann, bob] = [new Witness('a'), new Witness('b')]
    entity.join(ann)
    entity.join(bob)
    submit(entity, author(1).write('hi'), ann)
    await stage.settle()
    expect(ann.delivered).toEqual([])
    expect(textOf(bob.updates)).toBe('hi')
  })

  test('[E2] a tick with several authors is one entry with all of them, and goes whole to all', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const [ann, bob] = [new Witness('a'), new Witness('b')]
    entity.join(ann)
    entity.join(bob)
    submit(entity, author(1).write('A'), ann)
    submit(entity, author(2).write('B'), bob)
    await stage.settle()
    expect(ann.updates).toHaveLength(1)
    expect(ann.updates[0]).toBe(bob.updates[0])
    const [entry, ...rest] = entriesOf(await stage.log.read(REF.key, ORIGIN))
    expect(rest).toEqual([])
    expect(entry?.authors).toEqual([
      { actor: 'anonymous', session: 'a', clients: [1] },
      { actor: 'anonymous', session: 'b', clients: [2] },
    ])
  })

  test('[E5] the fan-out does not wait for the log', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = new Witness()
    entity.join(bob)
    submit(entity, author(1).write('early'))
    stage.clock.advance(20)
    expect(textOf(bob.updates)).toBe('early')
    expect(entity.durableSeq).toBe(-1)
    await stage.settle()
    expect(entity.durableSeq).toBe(0)
    expect(entity.position.offset).toBe(1)
  })

  test('[E5] a failing append is tried again, under the same id, before any later one', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const append = stage.log.append.bind(stage.log)
    const ids: string[] = []
    let failures = 3
    stage.log.append = (key, entry, options) => {
      ids.push(entry.id)
      if (failures-- > 0) return Promise.reject(new TributaryError('storage', 'disk full'))
      return append(key, entry, options)
    }
    const ann = author(1)
    submit(entity, ann.write('a'))
    await stage.settle()
    submit(entity, ann.write('b'))
    await stage.settle()
    expect(entity.durableSeq).toBe(-1)
    expect(stage.context.pending.used).toBeGreaterThan(0)
    for (let i = 0; i < 10; i++) await stage.settle(500)
    expect(ids).toEqual(['entry-0', 'entry-0', 'entry-0', 'entry-0', 'entry-1'])
    expect(stage.troubles).toEqual(['an append failed, it is tried again'])
    expect(entity.durableSeq).toBe(1)
    expect(stage.context.pending.used).toBe(0)
    const entries = entriesOf(await stage.log.read(REF.key, ORIGIN))
    expect(textOf(entries.map((entry) => entry.update))).toBe('ba')
  })

  test('[E5] what waited for the log becomes one entry', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const append = stage.log.append.bind(stage.log)
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    stage.log.append = async (key, entry, options) => {
      await held
      return append(key, entry, options)
    }
    const ann = author(1)
    for (const letter of 'abc') {
      submit(entity, ann.write(letter))
      stage.clock.advance(20)
    }
    release()
    await stage.settle()
    await stage.settle()
    const entries = entriesOf(await stage.log.read(REF.key, ORIGIN))
    expect(entries).toHaveLength(2)
    expect(textOf(entries.map((entry) => entry.update))).toBe('cba')
    expect(entity.durableSeq).toBe(2)
  })

  test('[E14] updates at which Yjs fails are stored one by one, and nothing else is taken along', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = new Witness()
    entity.join(bob)
    submit(entity, author(1).write('good'))
    // What the checker lets through one day and should not: its scan is right, its bytes are not.
    const scan = checkUpdate(author(2).write('bad'))
    scan.bytes = Uint8Array.of(1, 1, 2, 0, 0x89, 0) as never
    entity.submit(scan, null)
    submit(entity, author(3).write('fine'))
    for (let i = 0; i < 5; i++) await stage.settle()
    expect(stage.troubles).toEqual(['updates could not be merged'])
    expect(bob.delivered).toHaveLength(3)
    expect(textOf([bob.updates[0], bob.updates[2]] as Uint8Array[])).toContain('good')
    expect(entity.durableSeq).toBe(2)
    expect(entriesOf(await stage.log.read(REF.key, ORIGIN))).toHaveLength(3)
    expect(stage.context.pending.used).toBe(0)
  })

  test('[S11] with echo an author gets its own back, once it is durable', async () => {
    const stage = entityStage({ echo: true })
    const entity = await stage.load()
    const ann = new Witness()
    entity.join(ann)
    submit(entity, author(1).write('x'), ann)
    stage.clock.advance(20)
    expect(ann.echoed).toEqual([])
    await stage.settle()
    expect(textOf(ann.echoed.map(({ update }) => update))).toBe('x')
    expect(ann.delivered).toEqual([])
  })
})

describe('what is taken', () => {
  test('[E3] what is not closed is cut off and asked for', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = author(1)
    ann.write('a')
    const second = ann.write('b')
    expect(submit(entity, second)).toMatchObject({
      is: 'nothing',
      cutOff: expect.any(CutOff),
      seq: -1,
    })
    expect(submit(entity, Y.encodeStateAsUpdate(ann.doc))).toMatchObject({
      is: 'taken',
      cutOff: null,
    })
  })

  test('[E4] a repetition is neither stored nor fanned out, and waits for what it repeats', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = new Witness()
    entity.join(bob)
    const update = author(1).write('a')
    expect(submit(entity, update)).toMatchObject({ is: 'taken', seq: 0 })
    expect(submit(entity, update)).toMatchObject({ is: 'nothing', seq: 0, cutOff: null })
    await stage.settle()
    expect(submit(entity, update)).toMatchObject({ is: 'nothing', seq: 0 })
    await stage.settle()
    expect(bob.delivered).toHaveLength(1)
    expect(entriesOf(await stage.log.read(REF.key, ORIGIN))).toHaveLength(1)
  })

  test('[E8] above the pending bound nothing becomes of an update', async () => {
    const stage = entityStage({ limits: { pendingEntityBytes: 30 } })
    const entity = await stage.load()
    const ann = author(1)
    expect(submit(entity, ann.write('fits')).is).toBe('taken')
    const known = entity.stateVector
    expect(submit(entity, ann.write('does not'))).toEqual({ is: 'refused', code: 'pending-full' })
    expect(entity.stateVector).toEqual(known)
    await stage.settle()
    expect(submit(entity, ann.updates[1] as Uint8Array).is).toBe('taken')
  })

  test('[E9] a struct of a removed generation is refused', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = author(1)
    submit(entity, ann.write('old'))
    await stage.settle()
    await stage.log.remove(REF.key, decodeStateVector(entity.stateVector))
    expect(entity.closed).toBe(true)
    const fresh = await stage.load()
    expect(submit(fresh, Y.encodeStateAsUpdate(ann.doc))).toEqual({
      is: 'refused',
      code: 'deleted-generation',
    })
    expect(submit(fresh, author(2).write('new')).is).toBe('taken')
  })

  test('[E7] an update over the limit is neutered, its author is told, its original kept', async () => {
    const stage = entityStage({ limits: { updateBytes: 100 } })
    const entity = await stage.load()
    const witness = new Witness()
    entity.join(witness)
    const ann = author(1)
    const large = ann.write('x'.repeat(200))
    expect(submit(entity, large, witness).is).toBe('taken')
    const small = ann.write('small')
    submit(entity, small, witness)
    await stage.settle()
    Y.applyUpdate(ann.doc, witness.updates[0] as Uint8Array)
    expect(ann.doc.getText('t').toString()).toBe('small')
    expect(stage.state.aside.map(({ bytes }) => bytes)).toEqual([large])
    expect(textOf(witness.updates)).toBe('small')
  })

  test('[V31] an answer keeps its content, as what is left of a lost log may be in it', async () => {
    const limits = { updateBytes: 100, pendingEntityBytes: 150, entityBytes: 1_000 }
    const stage = entityStage({ limits })
    const entity = await stage.load()
    const [ann, bob] = [author(1), author(2)]
    const answer = (update: Uint8Array) => entity.submit(checkUpdate(update), null, true)
    expect(answer(ann.write('x'.repeat(2_000)))).toMatchObject({ is: 'refused' })
    const all = author(1).write('x'.repeat(200))
    expect(answer(all)).toMatchObject({ is: 'taken', neutered: null })
    await stage.settle()
    expect(answer(bob.write('y'.repeat(200)))).toMatchObject({ is: 'taken', neutered: null })
    await stage.settle()
    expect(stage.metrics.neutered.value).toBe(0)
    expect(submit(entity, bob.write('z'.repeat(110)))).toMatchObject({
      neutered: 'update-too-large',
    })
  })

  test('[E7] a full entity takes deletes', async () => {
    const stage = entityStage({ limits: { entityBytes: 120 } })
    const entity = await stage.load()
    const ann = author(1)
    submit(entity, ann.write('y'.repeat(60)))
    ann.doc.getText('t').delete(0, 30)
    submit(entity, ann.updates.at(-1) as Uint8Array)
    await stage.settle()
    expect(stage.metrics.neutered.value).toBe(0)
    submit(entity, ann.write('z'.repeat(60)))
    expect(stage.metrics.neutered.value).toBe(1)
    ann.doc.getText('t').delete(0, 10)
    submit(entity, ann.updates.at(-1) as Uint8Array)
    expect(stage.metrics.neutered.value).toBe(1)
  })
})

describe('following the log', () => {
  test('an entry that came past this entity is taken and fanned out', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = new Witness()
    entity.join(bob)
    await stage.log.append(REF.key, {
      id: 'foreign-1',
      authors: [],
      origin: 'local',
      time: 0,
      update: author(9).write('from elsewhere') as never,
    })
    expect(textOf(bob.updates)).toBe('from elsewhere')
    expect(entity.position.offset).toBe(1)
    expect(decodeStateVector(entity.stateVector)).toEqual(new Map([[9, 14]]))
  })

  test('[E17] entries of other nodes go out at once from a quiet entity, merged from a busy one', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const bob = new Witness()
    entity.join(bob)
    const { append } = elsewhere(stage)
    await append('d')
    expect(bob.delivered.length).toBe(1)
    for (const letter of 'cba') await append(letter)
    expect(bob.delivered.length).toBe(1)
    // What is told here behind it may build on it: nothing is known to a joiner that is not sent.
    expect(decodeStateVector(entity.stateVector)).toEqual(new Map([[9, 4]]))
    const before = entity.knownBefore(entity.lastSeq + 1)
    expect(before).toEqual(new Map([[9, 1]]))
    const cat = new Witness()
    entity.join(cat)
    submit(entity, author(7).write('!'), cat)
    await stage.settle()
    expect(bob.delivered.length).toBe(2)
    expect(textOf(bob.updates)).toHaveLength('abcd!'.length)
    expect(textOf([bob.updates[0] as Uint8Array, ...cat.updates])).toBe('abcd')
    expect(entity.tailSize.entries).toBe(3)
    expect(entity.position.offset).toBe(5)
  })

  test('[V32] what follows a position holds what the log has told within this tick', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const { ann, append } = elsewhere(stage)
    await append('b')
    const { position } = entity
    await append('a')
    const since = await entity.after(position)
    expect(since?.position.offset).toBe(2)
    expect(textOf([ann.updates[0] as Uint8Array, since?.update as Uint8Array])).toBe('ab')
  })

  test('[E6] [E17] what is told beside an update does not count as that update', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const append = stage.log.append.bind(stage.log)
    const held: (() => void)[] = []
    stage.log.append = async (key, entry, options) => {
      if (entry.origin === 'session') await new Promise<void>((resolve) => held.push(resolve))
      return append(key, entry, options)
    }
    const release = async () => {
      held.shift()?.()
      await stage.settle(0)
    }
    const [ann, far] = [author(1), author(9)]
    submit(entity, ann.write('a'))
    await stage.settle(0)
    const update = far.write('f') as never
    await stage.log.append(REF.key, { id: 'f', authors: [], origin: 'local', time: 0, update })
    const { seq } = submit(entity, ann.write('b')) as { seq: number }
    await stage.settle()
    // The first of the two lands, and the place behind it is the other node's.
    await release()
    expect(held).toHaveLength(1)
    expect(entity.durableSeq).toBeLessThan(seq)
    await release()
    expect(entity.durableSeq).toBe(entity.lastSeq)
    expect(entity.durableSeq).toBeGreaterThanOrEqual(seq)
  })

  test('[E11] a malformed entry is passed over, and what builds on it is not announced', async () => {
    const stage = entityStage()
    const ann = author(1)
    const updates = [ann.write('a'), ann.write('b'), ann.write('c')]
    for (const [i, update] of updates.entries()) {
      await stage.log.append(REF.key, {
        id: `e${i}`,
        authors: [],
        origin: 'session',
        time: 0,
        update: (i === 1 ? Uint8Array.of(9, 9, 9) : update) as never,
      })
    }
    const entity = await stage.load()
    expect(decodeStateVector(entity.stateVector)).toEqual(new Map([[1, 1]]))
    expect(submit(entity, Y.encodeStateAsUpdate(ann.doc)).is).toBe('taken')
    expect(decodeStateVector(entity.stateVector)).toEqual(new Map([[1, 3]]))
  })

  test('[E13] a compaction changes nothing that a client sees, and the tail begins behind it', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const ann = author(1)
    for (const letter of 'abcd') {
      submit(entity, ann.write(letter))
      await stage.settle()
    }
    const read = entriesOf(await stage.log.read(REF.key, ORIGIN))
    const compacted = compactUpdates(
      null,
      read.slice(0, 3).map((entry) => entry.update),
      { gc: true },
    )
    const snapshot = { ...compacted, position: read[2]?.position ?? ORIGIN }
    expect(await stage.snapshots.commit(REF.key, snapshot, null)).toBe('committed')
    const known = entity.stateVector
    entity.adopt(snapshot)
    expect(entity.stateVector).toEqual(known)
    expect(entity.tailSize.entries).toBe(1)
    expect(entity.since(2)).not.toBeNull()
    expect(entity.since(1)).toBeNull()
    const state = await entity.state()
    expect(textOf([state.update, entity.tail()])).toBe('dcba')
    const again = await stage.load()
    expect(again.stateVector).toEqual(known)
  })

  test('[E12] types nested deeper than 500 take no more updates', async () => {
    const stage = entityStage()
    const ann = author(1)
    const update = ann.write('x')
    await stage.log.append(REF.key, {
      id: 'e',
      authors: [],
      origin: 'session',
      time: 0,
      update: update as never,
    })
    const [entry] = entriesOf(await stage.log.read(REF.key, ORIGIN))
    const compacted = compactUpdates(null, [update], { gc: true })
    const snapshot = { ...compacted, depth: 501, position: entry?.position ?? ORIGIN }
    await stage.snapshots.commit(REF.key, snapshot, null)
    const entity = await stage.load()
    expect(submit(entity, ann.write('y'))).toEqual({ is: 'refused', code: 'too-deep' })
    expect(submit(entity, update).is).toBe('nothing')
  })

  test('what was known before a batch is never more than that', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const [ann, bob] = [author(1), author(2)]
    submit(entity, ann.write('aaa'))
    await stage.settle()
    submit(entity, ann.write('bb'))
    await stage.settle()
    submit(entity, bob.write('c'))
    expect(entity.knownBefore(1)).toEqual(new Map([[1, 3]]))
    expect(entity.knownBefore(2)).toEqual(new Map([[1, 5]]))
  })

  test('closing gives back what was pending and leaves no timer', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    stage.log.append = () => Promise.reject(new TributaryError('storage', 'no'))
    submit(entity, author(1).write('x'))
    await stage.settle()
    expect(stage.clock.pending).toBeGreaterThan(0)
    entity.close()
    expect(stage.context.pending.used).toBe(0)
    expect(stage.clock.pending).toBe(0)
  })
})
