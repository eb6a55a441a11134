import { describe, expect, test } from 'vitest'
import { TributaryError } from '../../src/core/errors.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { compactUpdates } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { author, textOf } from '../support/author.ts'
import { entityStage, entriesOf, REF, submit, Witness } from '../support/entity-stage.ts'

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

describe('what an entity holds', () => {
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
