import { describe, expect, test } from 'vitest'
import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import { MoodyDevice } from '../support/moody-device.ts'
import {
  insert,
  OVER_QUOTA,
  read,
  scene,
  sceneForEach,
  settled,
} from '../support/provider-scene.ts'
import { Profile, TabDevice } from '../support/tab-device.ts'

sceneForEach()

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

describe('[U34] a handle that ends', () => {
  test('right after a fault of the device leaves there what waits', async () => {
    const device = new MoodyDevice()
    const a = await scene.open(device)
    await scene.run()
    a.channel.cut()
    device.full = true
    insert(a.doc, 'hello')
    await settled()
    device.full = false
    await a.handle.destroy()
    const b = await scene.open(device)
    expect([read(b.doc), b.handle.status.pending]).toEqual(['hello', 1])
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

  test('[U96] is tried again after 2 s, whatever else fails meanwhile', async () => {
    const device = new MoodyDevice()
    const a = await scene.open(device)
    await scene.run()
    device.full = true
    for (let edit = 0; edit < 6; edit++) {
      insert(a.doc, 'x')
      await scene.run()
    }
    expect(a.handle.status.storageTrouble).toMatch(/full/)
    device.full = false
    scene.clock.advance(2_000)
    await settled()
    expect(a.handle.status.storageTrouble).toBe(null)
  })

  test('that has room for an edit, and not for the whole, is tried less and less often too', async () => {
    const device = new MoodyDevice()
    const a = await scene.open(device)
    device.full = true
    insert(a.doc, 'hello')
    await settled()
    device.full = 'compact'
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        scene.clock.advance(1_000)
        await settled()
      }
    }
    await pass(31)
    device.full = false
    await pass(10)
    expect(a.handle.status.storageTrouble).toMatch(/full/)
    await pass(60)
    expect(a.handle.status.storageTrouble).toBe(null)
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
    scene.server.nack = () => OVER_QUOTA
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
    scene.server.nack = () => OVER_QUOTA
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

describe('[U97] a device that is cleared under a tab', () => {
  test('has what waits anew, and a later life sends it', async () => {
    const profile = new Profile()
    const device = new TabDevice(profile)
    const [a, b] = [await scene.open(device), await scene.open()]
    insert(b.doc, 'theirs, ')
    await scene.run()
    insert(a.doc, 'mine')
    await settled()
    profile.clear()
    // It is noticed when something else is to be kept; what was written is still on its way.
    insert(b.doc, 'more of it, ')
    await settled()
    b.channel.step('up')
    scene.server.write()
    a.channel.step('down')
    await settled()
    expect(a.handle.status.storageTrouble).toMatch(/cleared/)
    scene.clock.advance(2_000)
    await settled()
    expect(a.handle.status.storageTrouble).toBe(null)
    scene.server.tellWhere()
    a.channel.step('down')
    await settled()
    scene.kill(a)
    device.die()
    const next = await scene.open(new TabDevice(profile))
    expect(next.handle.status).toMatchObject({ pending: 1, save: { is: 'local', device: true } })
    await scene.run()
    expect(read(scene.server.doc)).toMatch(/mine/)
  })
})
