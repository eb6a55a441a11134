import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import { insert, read, scene, sceneForEach, settled } from '../support/provider-scene.ts'

sceneForEach()

const LARGE = 'x'.repeat(70_000)
const MOST = 60_000
const code = 'update-too-large'

const lengthsOf = (update: Uint8Array | undefined) =>
  Y.decodeUpdate(update as Uint8Array).structs.map(({ length }) => length)

describe('[U87] an edit that is larger than can be sent', () => {
  test('is set aside, and what is written after it goes on, in the next life too', async () => {
    scene.server.most = MOST
    const device = new MemoryDeviceStore()
    const [a, b] = [await scene.open(device), await scene.open()]
    await scene.run()
    insert(a.doc, 'before ')
    await scene.run()
    insert(a.doc, LARGE)
    const fails = expect(a.handle.saved()).rejects.toMatchObject({ code })
    await settled()
    await fails
    insert(a.doc, 'after')
    await scene.run()
    for (const doc of [a.doc, b.doc, scene.server.doc]) expect(read(doc)).toBe('before after')
    expect(a.handle.status).toMatchObject({
      may: 'write',
      pending: 0,
      save: { is: 'rejected', code },
    })
    const [aside, ...others] = await a.handle.setAside()
    expect([lengthsOf(aside?.update), others]).toEqual([[LARGE.length], []])
    await a.handle.destroy()
    const again = await scene.open(device)
    expect(read(again.doc)).toBe('before after')
    insert(again.doc, ', and after')
    await scene.run()
    expect(read(b.doc)).toBe('before after, and after')
  })

  test('loses nothing that the server has, and nothing that was written behind it', async () => {
    const a = await scene.open()
    insert(a.doc, LARGE)
    await scene.run()
    scene.server.most = MOST
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(a.doc))
    const b = await scene.open(null, doc)
    insert(doc, ' b')
    await scene.run()
    expect([read(a.doc), await b.handle.setAside()]).toEqual([`${LARGE} b`, []])
    const c = await scene.open()
    await scene.run()
    c.channel.cut()
    insert(c.doc, LARGE)
    insert(c.doc, ' in the same turn')
    await settled()
    insert(c.doc, ' c')
    await scene.run()
    for (const one of [a.doc, c.doc, scene.server.doc]) expect(read(one)).toBe(`${LARGE} b c`)
  })

  test('and of which nothing is thrown away bars the rest, which is set aside', async () => {
    scene.server.most = MOST
    const a = await scene.open(null, new Y.Doc({ gc: false }))
    await scene.run()
    insert(a.doc, LARGE)
    await settled()
    insert(a.doc, 'after')
    await scene.run()
    scene.clock.advance(1_000)
    await settled()
    expect(a.handle.status).toMatchObject({
      may: 'read',
      pending: 0,
      save: { is: 'rejected', code },
    })
    expect(await a.handle.setAside()).toMatchObject([{ code }, { code }])
    expect(read(scene.server.doc)).toBe('')
  })
})
