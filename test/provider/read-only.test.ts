import { describe, expect, test } from 'vitest'
import { connect } from '../../client/provider/node/index.ts'
import type { Status } from '../../client/provider/status.ts'
import { MoodyDevice } from '../support/moody-device.ts'
import { read, scene, sceneForEach, settled, type Tab } from '../support/provider-scene.ts'

sceneForEach()

/** Writes where only reading is allowed. */
async function writeInVain({ doc }: Tab): Promise<void> {
  doc.getText().insert(0, 'in vain')
  await settled()
  scene.clock.advance(1_000)
  await settled()
}

/** Somebody who may only read has written. */
async function readerWhoWrote(device: MoodyDevice): Promise<Tab> {
  scene.server.may = 'read'
  const reader = await scene.open(device)
  await scene.run()
  await writeInVain(reader)
  return reader
}

describe('[U85] what somebody wrote who might only read', () => {
  test('goes up in a later life in which they may write', async () => {
    const device = new MoodyDevice()
    const a = await readerWhoWrote(device)
    expect(a.handle.status.save).toMatchObject({ is: 'rejected', code: 'forbidden' })
    await a.handle.destroy()
    scene.server.may = 'write'
    const again = await scene.open(device)
    await scene.run()
    expect(read(scene.server.doc)).toBe('in vain')
    expect(again.handle.status).toMatchObject({ may: 'write', save: { is: 'saved' } })
    expect(await again.handle.setAside()).toEqual([])
    await again.handle.saved()
  })

  test('goes up when they may write before it has been set aside', async () => {
    const device = new MoodyDevice()
    scene.server.may = 'read'
    const a = await scene.open(device)
    await scene.run()
    device.hang()
    await writeInVain(a)
    a.channel.tell({ is: 'rights', channel: 1, may: 'write', expires: null })
    await scene.run()
    device.goOn()
    await scene.run()
    expect(read(scene.server.doc)).toBe('in vain')
    expect(a.handle.status.save).toEqual({ is: 'saved' })
  })

  test('goes up although the page dies while it becomes an edit again', async () => {
    const device = new MoodyDevice()
    const [a, b] = [await scene.open(device), await scene.open()]
    await scene.run()
    a.channel.tell({ is: 'rights', channel: 1, may: 'read', expires: null })
    await scene.run()
    await writeInVain(a)
    // It hears of a position behind that: nothing but the edit will bring it there.
    b.doc.getText().insert(0, 'theirs')
    await scene.run()
    device.lastAct = 'forgetAside'
    a.channel.tell({ is: 'rights', channel: 1, may: 'write', expires: null })
    a.channel.step('down')
    await settled()
    expect(device.lastAct, 'it died where it was to').toBe(null)
    scene.kill(a)
    const again = await scene.open(device)
    await scene.run()
    expect(read(scene.server.doc)).toContain('in vain')
    expect(again.handle.status.save).toEqual({ is: 'saved' })
  })

  test('is not what went before the server said so, and it has not answered yet', async () => {
    const a = await scene.open()
    await scene.run()
    a.doc.getText().insert(0, 'sent')
    await settled()
    const saved = a.handle.saved()
    a.channel.step('up')
    a.channel.tell({ is: 'rights', channel: 1, may: 'read', expires: null })
    a.channel.step('down')
    await settled()
    scene.clock.advance(1_000)
    await settled()
    scene.server.write()
    await scene.run()
    await saved
    expect(await a.handle.setAside()).toEqual([])
    expect(a.handle.status.save).toEqual({ is: 'saved' })
  })

  test('[U25] is waited for by who asked meanwhile, when it is an edit again', async () => {
    const a = await readerWhoWrote(new MoodyDevice())
    scene.server.may = 'write'
    a.channel.cut()
    a.doc.getText().insert(0, 'more ')
    await settled()
    const saved = a.handle.saved().then(() => read(scene.server.doc))
    await scene.run()
    expect(await saved).toBe('more in vain')
  })

  test('[U25] is waited for although what was written since is acknowledged before it', async () => {
    const device = new MoodyDevice()
    const before = await readerWhoWrote(device)
    await before.handle.destroy()
    scene.server.may = 'write'
    const a = await scene.open(device)
    // It builds on nothing of the earlier life.
    a.doc.getMap('more').set('more', 1)
    await settled()
    const saved = a.handle.saved().then(() => read(scene.server.doc))
    a.channel.connect()
    while (a.channel.step('down'));
    await settled()
    while (scene.server.doc.getMap('more').size === 0 && a.channel.step('up')) scene.server.write()
    expect(read(scene.server.doc)).toBe('')
    while (a.channel.step('down'));
    await settled()
    await scene.run()
    expect(await saved).toBe('in vain')
  })

  test('is never called saved on the way', async () => {
    scene.server.may = 'read'
    const a = await scene.open(new MoodyDevice())
    await scene.run()
    const saves: Status['save']['is'][] = []
    a.handle.on('status', ({ save }) => saves.push(save.is))
    await writeInVain(a)
    expect(saves).toContain('rejected')
    expect(saves).not.toContain('saved')
  })
})

describe('[U86] what cannot be meant', () => {
  test('an id that is no text, and a token in the address', () => {
    expect(() => connect('ws://127.0.0.1:9', null as unknown as string)).toThrow(/is a text/)
    expect(() => connect('ws://127.0.0.1:9?token=abc', 'a')).toThrow(/as the option "token"/)
  })

  test('a tier that there is not', async () => {
    const a = await scene.open()
    await scene.run()
    const tier = 'diks' as 'disk'
    await expect(a.handle.saved({ tier })).rejects.toMatchObject({ code: 'tier' })
  })
})
