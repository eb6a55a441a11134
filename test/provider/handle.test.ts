import { afterEach, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import type { Status } from '../../client/provider/status.ts'
import { MoodyDevice } from '../support/moody-device.ts'
import { ProviderScene, settled } from '../support/provider-runs.ts'

let scene = new ProviderScene()
afterEach(async () => {
  await scene.end()
  expect(scene.clock.pending, 'timers left').toBe(0)
  scene = new ProviderScene()
})

const insert = (doc: Y.Doc, words: string) => doc.getText().insert(doc.getText().length, words)
const read = (doc: Y.Doc) => doc.getText().toString()
const DISK_FULL = { code: 'over-quota', reason: 'the entity is full', again: null }

describe('[U20] a handle is a Yjs provider', () => {
  test('what one writes the other has; each is saved', async () => {
    const [a, b] = [await scene.open(), await scene.open()]
    insert(a.doc, 'hello')
    const saved = a.handle.saved()
    await scene.run()
    await saved
    await b.handle.synced
    expect(read(b.doc)).toBe('hello')
    const status = { link: { is: 'online' }, save: { is: 'saved' }, pending: 0, tier: 'disk' }
    expect(a.handle.status).toMatchObject(status)
  })

  test('origins: the handle for what comes from the server; its client id is left alone', async () => {
    const [a, b] = [await scene.open(), await scene.open()]
    const id = b.doc.clientID
    const origins: unknown[] = []
    b.doc.on('update', (_update, origin) => origins.push(origin))
    await scene.run()
    insert(a.doc, 'hello')
    await scene.run()
    expect(origins).toEqual([b.handle])
    expect(b.doc.clientID).toBe(id)
  })

  test('what a document brings along is an edit', async () => {
    const doc = new Y.Doc()
    insert(doc, 'from before')
    const a = await scene.open(new MemoryDeviceStore(), doc)
    expect(a.handle.status.pending).toBe(1)
    await scene.run()
    expect(read(scene.server.doc)).toBe('from before')
  })
})

describe('[U21] what was kept', () => {
  test('is there before the server is, as one transaction, and is not sent again', async () => {
    const device = new MemoryDeviceStore()
    const a = await scene.open(device)
    insert(a.doc, 'one ')
    await scene.run()
    insert(a.doc, 'two')
    await settled()
    await a.handle.destroy()
    const doc = new Y.Doc()
    let transactions = 0
    doc.on('afterTransaction', () => transactions++)
    const again = await scene.open(device, doc)
    expect(read(doc)).toBe('one two')
    expect(transactions).toBe(1)
    expect(again.handle.status).toMatchObject({ pending: 1, save: { is: 'local' } })
    const { answers } = scene.server
    await scene.run()
    expect(read(scene.server.doc)).toBe('one two')
    expect(again.handle.status.save).toEqual({ is: 'saved' })
    // It had been told where it stands, so it had nothing to offer.
    expect(scene.server.answers).toBe(answers)
  })

  test('is asked for anew when the server does not take the position', async () => {
    const device = new MemoryDeviceStore()
    const [a, b] = [await scene.open(device), await scene.open()]
    insert(a.doc, 'one ')
    await scene.run()
    await a.handle.destroy()
    insert(b.doc, 'two')
    await scene.run()
    scene.server.compact()
    const again = await scene.open(device)
    await scene.run()
    expect(read(again.doc)).toBe('one two')
  })
})

describe('[U22] until everything is here', () => {
  test('nobody sees half of it', async () => {
    const [a] = [await scene.open()]
    for (const words of ['one ', 'two ', 'three']) {
      insert(a.doc, words)
      await scene.run()
    }
    const device = new MemoryDeviceStore()
    const b = await scene.open(device)
    await scene.run()
    await b.handle.destroy()
    for (const words of [' four', ' five']) {
      insert(a.doc, words)
      await scene.run()
    }
    const c = await scene.open(device)
    const seen: string[] = []
    c.doc.on('afterTransaction', () => seen.push(read(c.doc)))
    await scene.run()
    expect(seen).toEqual(['one two three four five'])
    expect(c.handle.status.progress).toBe(null)
  })

  test('pieces of which only the last fits are one transaction too', async () => {
    const [a, b] = [await scene.open(), await scene.open()]
    await scene.run()
    for (const words of ['one ', 'two ', 'three']) {
      insert(a.doc, words)
      await settled()
    }
    const edits = a.channel.up.flatMap((said) => (said.is === 'edit' ? [said.update] : []))
    expect(edits).toHaveLength(3)
    const { server } = scene
    b.channel.cut()
    b.handle.on('synced', () => expect(read(b.doc)).toBe('one two three'))
    b.channel.connect()
    // In the wrong order, and the first of all comes last.
    const [opened] = b.channel.down.splice(0)
    const [first, second, third] = edits as [Uint8Array, Uint8Array, Uint8Array]
    b.channel.down.push(opened as never)
    for (const update of [third, second]) b.channel.tell({ is: 'update', channel: 1, update })
    b.channel.tell({ is: 'synced', channel: 1, update: first })
    let updates = 0
    b.doc.on('update', () => updates++)
    while (b.channel.step('down'));
    expect([read(b.doc), updates]).toEqual(['one two three', 1])
    expect(server.isQuiet).toBe(true)
  })
})

describe('[U38] what Yjs cannot apply', () => {
  test('ends this copy with a reason, throws at nobody, and is not kept', async () => {
    const device = new MemoryDeviceStore()
    const a = await scene.open(device)
    await scene.run()
    a.channel.tell({ is: 'update', channel: 1, update: Uint8Array.of(9, 9, 9) })
    a.channel.step('down')
    expect(a.handle.status.link).toMatchObject({ is: 'denied', code: 'damaged' })
    expect(a.channel.isLeft).toBe(true)
    // [U78] No switch brings it back.
    a.handle.disconnect()
    a.handle.connect()
    await scene.run()
    expect(a.handle.status.link).toMatchObject({ is: 'denied', code: 'damaged' })
    insert(a.doc, 'waits')
    await settled()
    await a.handle.destroy()
    const next = await scene.open(device)
    await scene.run()
    expect(read(scene.server.doc)).toBe('waits')
    expect(next.handle.status).toMatchObject({ link: { is: 'online' }, save: { is: 'saved' } })
  })
})

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

  test('what is not acknowledged goes again, small ones together, a large one alone', async () => {
    const a = await scene.open()
    await scene.move()
    const large = 'x'.repeat(100_000)
    for (const words of ['one ', 'two ', large, ' three', ' four']) {
      insert(a.doc, words)
      await settled()
    }
    a.channel.cut()
    scene.server.crash()
    a.channel.connect()
    while (a.channel.step('down'));
    const sizes = a.channel.up.flatMap((said) => (said.is === 'edit' ? [said.update.length] : []))
    expect(sizes.map((size) => size > 64 * 1024)).toEqual([false, true, false])
    expect(a.handle.status.pending).toBe(5)
    await scene.run()
    expect(a.handle.status.pending).toBe(0)
    expect(read(scene.server.doc)).toBe(`one two ${large} three four`)
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
  test('is about what was written before it, and comes true when that is acknowledged', async () => {
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
    scene.server.nack = () => ({ neutered: true, ...DISK_FULL })
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
    scene.server.nack = () => ({ ...DISK_FULL, neutered: false, code: 'malformed' })
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
    const full = { neutered: false, code: 'pending-full', reason: 'full', again: 1_000 }
    scene.server.nack = () => full
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
    const [a, b] = [await scene.open(), await scene.open()]
    await scene.run()
    b.doc.getMap().set('from', 'b')
    await scene.move()
    b.channel.leave()
    scene.server.crash()
    const full = { neutered: false, code: 'pending-full', reason: 'full', again: 1_000 }
    scene.server.nack = () => full
    a.channel.connect()
    await settled()
    while (a.channel.step('down'));
    while (a.channel.step('up'));
    insert(a.doc, 'own')
    await scene.move()
    scene.server.nack = null
    scene.clock.advance(1_000)
    await scene.run()
    expect(scene.server.doc.getMap().get('from')).toBe('b')
  })

  test('and no acknowledgement counts for one that was refused', async () => {
    const [a, b] = [await scene.open(), await scene.open()]
    await scene.run()
    b.doc.getMap().set('from', 'b')
    await scene.move()
    b.channel.leave()
    scene.server.crash()
    const full = { neutered: false, code: 'pending-full', reason: 'full', again: 60_000 }
    scene.server.nack = () => full
    a.channel.connect()
    await settled()
    while (a.channel.step('down'));
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
    scene.server.nack = () => ({ neutered: true, ...DISK_FULL })
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
    scene.server.nack = () => ({
      neutered: false,
      code: 'pending-full',
      reason: 'later',
      again: 2_000,
    })
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

describe('[U30] tabs of one device', () => {
  test('each sends its own edits, and has those of the other without the server', async () => {
    const device = new MemoryDeviceStore()
    const [a, b] = [await scene.open(device), await scene.open(device)]
    await scene.move()
    for (const { channel } of [a, b]) channel.cut()
    insert(a.doc, 'hello')
    await settled()
    expect(read(b.doc)).toBe('hello')
    expect([a.handle.status.pending, b.handle.status.pending]).toEqual([1, 0])
  })

  test('what one that is gone has left is sent by the other', async () => {
    const device = new MemoryDeviceStore()
    const [a, b] = [await scene.open(device), await scene.open(device)]
    insert(a.doc, 'hello')
    await settled()
    await a.handle.destroy()
    await settled()
    expect(b.handle.status.pending).toBe(1)
    await scene.run()
    expect(read(scene.server.doc)).toBe('hello')
  })
})

describe('[U31] a device that does not keep', () => {
  test('is said, holds nobody up, and has everything when it does again', async () => {
    const device = new MoodyDevice()
    const [a, b] = [await scene.open(device), await scene.open()]
    await scene.run()
    device.full = true
    insert(a.doc, 'one ')
    await scene.run()
    expect(read(scene.server.doc)).toBe('one ')
    expect(a.handle.status.storageTrouble).toMatch(/full/)
    insert(b.doc, 'two ')
    await scene.run()
    a.channel.cut()
    insert(a.doc, 'three')
    await settled()
    expect(a.handle.status.save).toEqual({ is: 'local', device: false })
    device.full = false
    scene.clock.advance(60_000)
    await settled()
    expect(a.handle.status).toMatchObject({
      storageTrouble: null,
      save: { is: 'local', device: true },
    })
    await a.handle.destroy()
    const again = await scene.open(device)
    expect(read(again.doc)).toBe('one two three')
    expect(again.handle.status.pending).toBe(1)
    await scene.run()
    expect(read(scene.server.doc)).toBe('one two three')
  })

  test('what a tab has left that went meanwhile is sent all the same', async () => {
    const device = new MoodyDevice()
    const [a, b] = [await scene.open(device), await scene.open(device)]
    insert(b.doc, 'by the other')
    await settled()
    device.full = true
    insert(a.doc, 'by this one, ')
    await settled()
    await b.handle.destroy()
    await settled()
    device.full = false
    scene.clock.advance(60_000)
    await settled()
    expect(a.handle.status.pending).toBe(2)
    await scene.run()
    expect(read(scene.server.doc)).toMatch(/by the other/)
  })

  test('many rows become one', async () => {
    const device = new MemoryDeviceStore()
    const a = await scene.open(device)
    for (let edit = 0; edit < 400; edit++) {
      insert(a.doc, 'x')
      await settled()
    }
    await scene.run()
    await a.handle.destroy()
    const kept = await (await device.open('here')).load()
    expect(kept.updates.length).toBeLessThan(150)
    expect(read((await scene.open(device)).doc)).toHaveLength(400)
  })
})

describe('[U54] a device that cannot even be opened', () => {
  test('holds nothing up, and nothing back: what is refused is set aside, in memory', async () => {
    const device = new MoodyDevice()
    device.shut = true
    const [a, b] = [await scene.open(device), await scene.open()]
    await scene.run()
    scene.server.nack = () => ({ neutered: true, ...DISK_FULL })
    insert(a.doc, 'large')
    await scene.run()
    scene.server.nack = null
    expect(a.handle.status.save).toMatchObject({ is: 'rejected', code: 'over-quota' })
    const [aside] = await a.handle.setAside()
    expect(aside?.code).toBe('over-quota')
    await a.handle.forgetAside(aside?.id as number)
    insert(b.doc, ' and more')
    await scene.run()
    a.channel.cut()
    insert(a.doc, 'mine')
    await settled()
    expect(a.handle.status.save).toEqual({ is: 'local', device: false })
    device.shut = false
    scene.clock.advance(60_000)
    await settled()
    expect(a.handle.status).toMatchObject({
      storageTrouble: null,
      save: { is: 'local', device: true },
    })
    const words = read(a.doc)
    await a.handle.destroy()
    expect(read((await scene.open(device)).doc)).toBe(words)
  })
})

describe('[U55] while nobody knows what was kept', () => {
  test('nothing is called saved, and what was set aside is waited for', async () => {
    const device = new MoodyDevice()
    const a = await scene.open(device)
    await scene.run()
    scene.server.nack = () => ({ neutered: true, ...DISK_FULL })
    insert(a.doc, 'large')
    await scene.run()
    scene.server.nack = null
    a.channel.cut()
    insert(a.doc, 'mine')
    await settled()
    await a.handle.destroy()
    device.hang()
    const { handle } = await scene.open(device)
    const told: string[] = []
    handle.on('status', ({ save, pending }) => told.push(`${save.is} ${pending}`))
    expect(handle.status.save).toEqual({ is: 'local', device: true })
    const saved = handle.saved().then(
      () => told.push('saved()'),
      ({ code }) => told.push(code),
    )
    const late = expect(handle.saved({ timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'timeout',
    })
    const aside = handle.setAside()
    await settled()
    expect(told).toEqual([])
    device.goOn()
    await settled()
    scene.clock.advance(1_000)
    await late
    expect((await aside).map(({ code }) => code)).toEqual(['over-quota'])
    await settled()
    expect(told).toEqual(['local 1'])
    await scene.run()
    await saved
    expect(told).toContain('over-quota')
    expect(read(scene.server.doc)).toContain('mine')
  })
})

describe('[U32] presence', () => {
  test('in a blip others are lost and restored, and never removed', async () => {
    const [a, b] = [await scene.open(), await scene.open()]
    b.handle.awareness.setLocalState({ name: 'bea' })
    await scene.run()
    const told: unknown[] = []
    a.handle.on('lost', (clients) => told.push(['lost', ...clients]))
    a.handle.on('restored', (clients) => told.push(['restored', ...clients]))
    a.handle.awareness.on('change', ({ removed }: { removed: number[] }) => {
      if (removed.length > 0) told.push(['removed', ...removed])
    })
    expect(a.handle.awareness.getStates().has(b.doc.clientID)).toBe(true)
    a.channel.cut()
    scene.clock.advance(4_000)
    await scene.run()
    scene.clock.advance(10_000)
    expect(told).toEqual([
      ['lost', b.doc.clientID],
      ['restored', b.doc.clientID],
    ])
    a.channel.cut()
    scene.clock.advance(5_000)
    expect(told.at(-1)).toEqual(['removed', b.doc.clientID])
    await scene.run()
    expect(a.handle.awareness.getStates().has(b.doc.clientID)).toBe(true)
  })

  test('its own id is claimed on each channel, and defended', async () => {
    const a = await scene.open()
    a.channel.connect()
    while (a.channel.step('down'));
    expect(a.channel.up.map(({ is }) => is)).toEqual(['claim'])
    a.channel.cut()
    a.channel.connect()
    while (a.channel.step('down'));
    expect(a.channel.up.map(({ is }) => is)).toEqual(['claim'])
    const clock = 10_000
    const body = Uint8Array.from([1, ...varUint(a.doc.clientID), ...varUint(clock), 4, ...NULL])
    a.channel.tell({ is: 'awareness', channel: 1, body })
    a.channel.step('down')
    expect(a.handle.awareness.getLocalState()).not.toBe(null)
    expect(a.channel.up.map(({ is }) => is)).toEqual(['claim', 'awareness'])
    await scene.run()
  })
})

describe('[U33] the status', () => {
  test('is told once a turn, when it is another; the link and what is saved are never mixed', async () => {
    const a = await scene.open()
    const told: Status[] = []
    a.handle.on('status', (status) => told.push(status))
    await scene.run()
    insert(a.doc, 'hello')
    await scene.run()
    a.channel.cut()
    await settled()
    const links = told.map(({ link }) => link.is)
    expect(links.filter((is, index) => is !== links[index - 1])).toEqual(['online', 'offline'])
    const saves = told.map(({ save }) => save.is)
    expect(saves.filter((is, index) => is !== saves[index - 1])).toEqual([
      'saved',
      'saving',
      'saved',
    ])
    const texts = told.map((status) => JSON.stringify({ ...status, oldestMs: 0 }))
    expect(texts.every((text, index) => text !== texts[index - 1])).toBe(true)
  })

  test('how far it has come, while it comes; and what the program around the server says', async () => {
    const a = await scene.open()
    a.channel.connect()
    const [opened, synced] = a.channel.down.splice(0)
    if (opened?.is !== 'opened' || synced === undefined) throw new TypeError('no opened')
    a.channel.down.push({ is: 'opened', opened: { ...opened.opened, bytes: 200 } }, synced)
    const told: unknown[] = []
    a.handle.on('progress', (part) => told.push(part))
    a.handle.on('message', ({ kind }) => told.push(kind))
    a.channel.step('down')
    a.channel.owner.progress(50)
    expect(a.handle.status).toMatchObject({ progress: 0.25, link: { is: 'connecting' } })
    a.channel.owner.progress(1_000)
    a.channel.owner.direct('reminder', new Uint8Array(0))
    a.channel.step('down')
    expect(a.handle.status).toMatchObject({ progress: null, link: { is: 'online' } })
    expect(told).toEqual([0.25, 1, 'reminder'])
    await scene.run()
  })

  test('how long the oldest waits, and what a listener throws harms nobody', async () => {
    const a = await scene.open()
    insert(a.doc, 'hello')
    await settled()
    scene.clock.advance(1_500)
    expect(a.handle.status.oldestMs).toBe(1_500)
    const heard: string[] = []
    const errors: unknown[] = []
    const uncaught = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', (error) => errors.push(error))
    a.handle.on('synced', () => {
      throw new Error('of the page')
    })
    a.handle.on('synced', () => heard.push('second'))
    await scene.run()
    for (const listener of uncaught) process.on('uncaughtException', listener)
    expect(heard).toEqual(['second'])
    expect(errors).toHaveLength(1)
  })
})

describe('[U34] destroying', () => {
  test('ends everything, keeps what is not acknowledged for the next, and may be done twice', async () => {
    const device = new MemoryDeviceStore()
    const a = await scene.open(device)
    insert(a.doc, 'hello')
    await Promise.all([a.handle.destroy(), a.handle.destroy()])
    insert(a.doc, ' nobody')
    expect(a.channel.isLeft).toBe(true)
    const next = await scene.open(device)
    expect([read(next.doc), next.handle.status.pending]).toEqual(['hello', 1])
    next.doc.destroy()
    await settled()
    expect(next.channel.isLeft).toBe(true)
  })
})

const NULL = new TextEncoder().encode('null')
function varUint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}
