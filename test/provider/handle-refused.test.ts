import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import { MoodyDevice } from '../support/moody-device.ts'
import {
  insert,
  noRoom,
  OVER_QUOTA,
  read,
  scene,
  sceneForEach,
  settled,
} from '../support/provider-scene.ts'

sceneForEach()

describe('[U27] an entity that was deleted', () => {
  test('is not brought back: said, forgotten here, and what was not saved is set aside', async () => {
    const device = new MemoryDeviceStore()
    const a = await scene.open(device)
    insert(a.doc, 'old ')
    await scene.run()
    a.channel.cut()
    insert(a.doc, 'edit')
    let removed = 0
    a.handle.on('removed', () => removed++)
    scene.server.remove(1)
    const waits = expect(a.handle.saved()).rejects.toMatchObject({ code: 'entity-removed' })
    await scene.run()
    await waits
    expect(removed).toBe(1)
    expect(a.handle.status.link).toMatchObject({ is: 'denied', code: 'entity-removed' })
    expect(a.handle.status.save).toMatchObject({ is: 'rejected', code: 'entity-removed' })
    expect(scene.server.log).toEqual([new Uint8Array(2)])
    const [aside] = await a.handle.setAside()
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(a.doc))
    expect(aside?.code).toBe('entity-removed')
    await a.handle.destroy()
    const anew = await scene.open(device)
    expect(read(anew.doc)).toBe('')
    await scene.run()
    expect(read(scene.server.doc)).toBe('')
  })
})

describe('[U59] after the end', () => {
  test('of the entity nothing but what is set aside is kept', async () => {
    const device = new MoodyDevice()
    const a = await scene.open(device)
    insert(a.doc, 'old')
    await scene.run()
    scene.server.remove(1)
    await scene.run()
    const kept = async () => {
      const store = await device.open('here')
      const { updates, aside } = await store.load()
      await store.close()
      return [updates.length, aside.length]
    }
    const type = async () => {
      insert(a.doc, '!')
      await settled()
      scene.clock.advance(300)
      await settled()
    }
    // One more key before the page reacts, and one while the device fails.
    await type()
    expect(await kept()).toEqual([0, 1])
    device.full = true
    await type()
    // It cannot be kept: who leaves the page loses it.
    expect(scene.guards.at(-1)).toBe(true)
    device.full = false
    scene.clock.advance(60_000)
    await settled()
    await a.handle.destroy()
    expect(await kept()).toEqual([0, 1])
  })

  test('of a handle, or of the entity, no promise stays open', async () => {
    const [a, b] = [await scene.open(), await scene.open()]
    insert(a.doc, 'hello')
    await a.handle.destroy()
    await expect(a.handle.synced).rejects.toMatchObject({ code: 'destroyed' })
    await expect(a.handle.saved()).rejects.toMatchObject({ code: 'destroyed' })
    b.channel.owner.refused({ code: 'entity-removed', reason: 'removed', again: null })
    await expect(b.handle.synced).rejects.toMatchObject({ code: 'entity-removed' })
  })
})

describe('[U28] a refusal blocks nothing else', () => {
  test('neutered: the original is set aside, later edits go on', async () => {
    const device = new MemoryDeviceStore()
    const a = await scene.open(device)
    await scene.run()
    const rejected: string[] = []
    a.handle.on('rejected', ({ code }) => rejected.push(code))
    scene.server.nack = () => OVER_QUOTA
    insert(a.doc, 'large')
    const fails = expect(a.handle.saved()).rejects.toMatchObject({ code: 'over-quota' })
    const original = Y.encodeStateAsUpdate(a.doc)
    await scene.move()
    await fails
    scene.server.nack = null
    expect(rejected).toEqual(['over-quota'])
    expect(a.handle.status.save).toMatchObject({ is: 'rejected', code: 'over-quota' })
    const [aside] = await a.handle.setAside()
    expect(aside?.update).toEqual(original)
    await a.handle.destroy()
    const again = await scene.open(device)
    expect(again.handle.status.save).toMatchObject({ is: 'rejected' })
    await again.handle.forgetAside(aside?.id as number)
    expect(again.handle.status.save).toEqual({ is: 'saved' })
    expect(await again.handle.setAside()).toEqual([])
  })

  test('with a time: it is sent again then, and what was written meanwhile behind it', async () => {
    const a = await scene.open()
    await scene.run()
    scene.server.nack = () => noRoom(2_000)
    insert(a.doc, 'one ')
    await scene.move()
    scene.server.nack = null
    insert(a.doc, 'two')
    await scene.run()
    expect([read(scene.server.doc), a.handle.status.save.is]).toEqual(['', 'saving'])
    scene.clock.advance(2_000)
    await scene.run()
    expect([read(scene.server.doc), a.handle.status.save.is]).toEqual(['one two', 'saved'])
  })
})

describe('[U29] who may only read', () => {
  test('what they write is set aside, and goes up when they may write', async () => {
    const a = await scene.open()
    await scene.run()
    a.channel.tell({ is: 'rights', channel: 1, may: 'read', expires: null })
    await scene.run()
    insert(a.doc, 'one ')
    insert(a.doc, 'two')
    await settled()
    scene.clock.advance(1_000)
    await scene.run()
    expect(a.handle.status).toMatchObject({ may: 'read', save: { code: 'forbidden' } })
    expect(read(scene.server.doc)).toBe('')
    a.channel.tell({ is: 'rights', channel: 1, may: 'write', expires: null })
    await scene.run()
    expect(read(scene.server.doc)).toBe('one two')
    expect(a.handle.status).toMatchObject({ may: 'write', save: { is: 'saved' } })
    expect(await a.handle.setAside()).toEqual([])
  })
})
