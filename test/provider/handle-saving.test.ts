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

describe('[U23] edits go up', () => {
  test('those of one turn as one; it is on the wire before the device has it', async () => {
    const device = new MoodyDevice()
    const a = await scene.open(device)
    await scene.run()
    device.hang()
    insert(a.doc, 'one ')
    insert(a.doc, 'two')
    await settled()
    expect(a.channel.up).toHaveLength(1)
    expect(a.handle.status.save).toEqual({ is: 'saving' })
    device.goOn()
  })

  test('what was on the wire goes again as it was, of the rest small ones together, a large one alone', async () => {
    const a = await scene.open()
    await scene.move()
    const large = 'x'.repeat(100_000)
    const edits = () => a.channel.up.flatMap((said) => (said.is === 'edit' ? [said.update] : []))
    const write = async (...all: readonly string[]) => {
      for (const words of all) {
        insert(a.doc, words)
        await settled()
      }
    }
    await write('one ', 'two ')
    const sent = edits()
    a.channel.cut()
    scene.server.crash()
    await write('three ', 'four ', large, ' five', ' six')
    a.channel.connect()
    while (a.channel.step('down'));
    expect(edits().slice(0, 2)).toEqual(sent)
    const isLarge = edits().map((update) => update.length > 64 * 1024)
    expect(isLarge).toEqual([false, false, false, true, false])
    expect(a.handle.status.pending).toBe(7)
    await scene.run()
    expect(a.handle.status.pending).toBe(0)
    expect(read(scene.server.doc)).toBe(`one two three four ${large} five six`)
  })

  test('a thousand that wait are few in memory, and all of them count', async () => {
    const a = await scene.open()
    for (let edit = 0; edit < 1_000; edit++) {
      insert(a.doc, 'x')
      await null
    }
    expect(a.handle.status.pending).toBe(1_000)
    a.channel.connect()
    while (a.channel.step('down'));
    expect(a.channel.up.length).toBeLessThan(10)
    await scene.run()
    expect(read(scene.server.doc)).toHaveLength(1_000)
  })
})

describe('[U24] "on this device" is said when it is true', () => {
  test('not before it is kept, and the page is guarded until then', async () => {
    const device = new MoodyDevice()
    const a = await scene.open(device)
    device.hang()
    insert(a.doc, 'hello')
    await settled()
    expect(a.handle.status.save).toEqual({ is: 'local', device: false })
    expect(scene.guards.at(-1)).toBe(true)
    device.goOn()
    await settled()
    expect(a.handle.status.save).toEqual({ is: 'local', device: true })
    expect(scene.guards.at(-1)).toBe(false)
  })

  test('never of a memory, nor without a device', async () => {
    for (const device of [new MemoryDeviceStore(), null]) {
      const a = await scene.open(device)
      insert(a.doc, 'hello')
      await settled()
      expect(a.handle.status.save).toEqual({ is: 'local', device: false })
      expect(a.handle.status.storageTrouble).toBe(null)
    }
  })
})

describe('[U25] saved()', () => {
  test('is about what was written before it, and resolves when that is acknowledged', async () => {
    const a = await scene.open()
    insert(a.doc, 'one')
    let isSaved = false
    const saved = a.handle.saved().then(() => {
      isSaved = true
    })
    await scene.move()
    expect(isSaved).toBe(false)
    scene.server.write()
    insert(a.doc, 'two')
    await scene.move()
    await saved
    expect(a.handle.status.pending).toBe(1)
    await scene.run()
  })

  test('fails at once when the server cannot save so safe, and after its time', async () => {
    const a = await scene.open()
    insert(a.doc, 'one')
    const late = expect(a.handle.saved({ timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'timeout',
    })
    const process = a.handle.saved({ tier: 'process' })
    scene.clock.advance(1_000)
    await late
    await scene.run()
    await process
    scene.server.tier = 'memory'
    scene.server.crash()
    await scene.run()
    await expect(a.handle.saved({ tier: 'disk' })).rejects.toMatchObject({ code: 'tier' })
    await a.handle.saved()
  })

  test('fails as long as the server denies the entity; what was written waits', async () => {
    const a = await scene.open()
    await scene.run()
    a.channel.cut()
    a.channel.owner.linked({ is: 'online' })
    a.channel.owner.refused({ code: 'forbidden', reason: 'no grant', again: null })
    insert(a.doc, 'one')
    await expect(a.handle.saved()).rejects.toMatchObject({ code: 'forbidden' })
    expect(a.handle.status.link).toMatchObject({ is: 'denied', code: 'forbidden' })
    expect(a.handle.status.save.is).toBe('local')
    await scene.run()
    await a.handle.saved()
  })

  test('fails while something is set aside, until that is forgotten', async () => {
    const a = await scene.open()
    await scene.run()
    scene.server.nack = () => OVER_QUOTA
    insert(a.doc, 'large')
    while (a.channel.step('up')) await settled()
    await settled()
    while (a.channel.step('up'));
    scene.server.nack = null
    while (a.channel.step('down'));
    // It is being written to the device, or has been.
    await expect(a.handle.saved()).rejects.toMatchObject({ code: 'over-quota' })
    await scene.run()
    await expect(a.handle.saved()).rejects.toMatchObject({ code: 'over-quota' })
    const [aside] = await a.handle.setAside()
    await a.handle.forgetAside(aside?.id as number)
    await a.handle.saved()
  })

  test('who is refused for good may read only', async () => {
    const a = await scene.open()
    await scene.run()
    scene.server.nack = () => ({ ...OVER_QUOTA, neutered: false, code: 'malformed' })
    insert(a.doc, 'wrong')
    await scene.move()
    expect(a.handle.status.may).toBe('read')
  })

  test('fails when the handle ends first', async () => {
    const a = await scene.open()
    insert(a.doc, 'one')
    const gone = expect(a.handle.saved()).rejects.toMatchObject({ code: 'destroyed' })
    await a.handle.destroy()
    await gone
  })
})

describe('[U26] what the log may lack is offered', () => {
  test('what came early from an author who died with the server', async () => {
    const [a, b] = [await scene.open(), await scene.open()]
    await scene.run()
    insert(a.doc, 'hello')
    await scene.move()
    expect(read(b.doc)).toBe('hello')
    a.channel.cut()
    await a.handle.destroy()
    scene.server.crash()
    expect(read(scene.server.doc)).toBe('')
    await scene.run()
    expect(read(scene.server.doc)).toBe('hello')
  })

  test('the same after a reload', async () => {
    const device = new MemoryDeviceStore()
    const [a, b] = [await scene.open(), await scene.open(device)]
    await scene.run()
    insert(a.doc, 'hello')
    await scene.move()
    a.channel.cut()
    await a.handle.destroy()
    await b.handle.destroy()
    scene.server.crash()
    await scene.open(device)
    await scene.run()
    expect(read(scene.server.doc)).toBe('hello')
  })

  test('what an `at` of another channel is about proves nothing', async () => {
    const [a, b] = [await scene.open(), await scene.open()]
    await scene.run()
    insert(a.doc, 'hello')
    await scene.move()
    a.channel.cut()
    await a.handle.destroy()
    scene.server.crash()
    b.channel.connect()
    // It is told where the log is, and breaks off before its offer has arrived.
    scene.server.tellWhere()
    while (b.channel.step('down'));
    b.channel.cut()
    await scene.run()
    expect(read(scene.server.doc)).toBe('hello')
  })

  test('all of it to a server that has lost everything; nothing to one that has everything', async () => {
    const [a, b] = [await scene.open(), await scene.open()]
    insert(a.doc, 'hello!')
    a.doc.getText().delete(5, 1)
    await scene.run()
    scene.server.crash()
    const { answers } = scene.server
    await scene.run()
    expect(scene.server.answers).toBe(answers)
    scene.server.compact()
    scene.server.loseAll('0.again')
    await scene.run()
    expect([read(scene.server.doc), read(b.doc)]).toEqual(['hello', 'hello'])
  })
})

describe('[U39] what is offered', () => {
  /** The server has lost what `a` builds on, and has not asked yet. */
  async function lostBelow() {
    const [a, b] = [await scene.open(), await scene.open()]
    insert(b.doc, 'hello')
    await scene.run()
    b.channel.leave()
    a.channel.cut()
    insert(a.doc, ' world')
    scene.server.loseAll('0.again')
    a.channel.connect()
    while (a.channel.step('down'));
    await settled()
    return a
  }

  /** The server has lost what `a` has of one who is gone, and has no room for so many ms. */
  async function lostEarly(again: number) {
    const [a, b] = [await scene.open(), await scene.open()]
    await scene.run()
    b.doc.getMap().set('from', 'b')
    await scene.move()
    b.channel.leave()
    scene.server.crash()
    scene.server.nack = () => noRoom(again)
    a.channel.connect()
    await settled()
    while (a.channel.step('down'));
    return a
  }

  test('has the edits again that went before it: they may build on the rest of it', async () => {
    const a = await lostBelow()
    const [, answer] = a.channel.up.filter(({ is }) => is === 'edit' || is === 'answer')
    const copy = new Y.Doc()
    if (answer?.is === 'answer') Y.applyUpdate(copy, answer.update)
    expect(read(copy)).toBe('hello world')
    await scene.run()
    expect(a.handle.status.save).toEqual({ is: 'saved' })
  })

  test('is offered once more where there was no room, whatever was refused behind it', async () => {
    const a = await lostBelow()
    scene.server.nack = () => noRoom(1_000)
    while (a.channel.step('up'));
    insert(a.doc, '!')
    await scene.move()
    scene.server.nack = null
    // What is acknowledged is not about it.
    scene.clock.advance(1_000)
    await scene.run()
    expect(read(scene.server.doc)).toBe('hello world!')
  })

  test('where something was handed out early, too', async () => {
    const a = await lostEarly(1_000)
    while (a.channel.step('up'));
    insert(a.doc, 'own')
    await scene.move()
    scene.server.nack = null
    scene.clock.advance(1_000)
    await scene.run()
    expect(scene.server.doc.getMap().get('from')).toBe('b')
  })

  test('and no acknowledgement counts for one that was refused', async () => {
    const a = await lostEarly(60_000)
    insert(a.doc, 'own')
    await settled()
    // The offer is refused, the edit behind it is not.
    a.channel.step('up')
    scene.server.nack = null
    await scene.run()
    expect(read(scene.server.doc)).toBe('own')
    a.channel.cut()
    await scene.run()
    expect(scene.server.doc.getMap().get('from')).toBe('b')
  })

  test('waits for the right to write', async () => {
    const a = await scene.open()
    insert(a.doc, 'all of it')
    await scene.run()
    scene.server.may = 'read'
    scene.server.loseAll('0.again')
    await scene.run()
    expect(read(scene.server.doc)).toBe('')
    scene.server.may = 'write'
    a.channel.tell({ is: 'rights', channel: 1, may: 'write', expires: null })
    await scene.run()
    expect(read(scene.server.doc)).toBe('all of it')
  })
})
