import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import { author, textOf } from '../support/author.ts'
import { entityStage, REF, submit, Witness } from '../support/entity-stage.ts'

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

  test('[E11] of an entry that is told, what builds on something missing is not announced', async () => {
    const stage = entityStage()
    const entity = await stage.load()
    const [ann, bob, cat] = [author(1), author(2), author(3)]
    Y.applyUpdate(cat.doc, bob.write('b'))
    const half = Y.mergeUpdates([ann.write('a'), cat.change((t) => t.insert(1, 'c'))])
    await stage.log.append(REF.key, {
      id: 'foreign',
      authors: [],
      origin: 'session',
      time: 0,
      update: half as never,
    })
    expect(decodeStateVector(entity.stateVector)).toEqual(new Map([[1, 1]]))
  })
})
