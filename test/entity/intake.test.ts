import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { ORIGIN } from '../../src/core/position.ts'
import { compactUpdates } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { CutOff } from '../../src/crdt/cut-off.ts'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import { author, textOf } from '../support/author.ts'
import { entityStage, entriesOf, REF, submit, Witness } from '../support/entity-stage.ts'

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
})
