import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import type { Status } from '../../client/provider/status.ts'
import { insert, read, scene, sceneForEach, settled } from '../support/provider-scene.ts'

sceneForEach()

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

describe('[U77] `sync`', () => {
  test('is over for who cuts the link as soon as everything is here', async () => {
    const a = await scene.open()
    const told: boolean[] = []
    a.handle.on('sync', (isHere) => told.push(isHere))
    a.handle.on('synced', a.handle.disconnect)
    await scene.run()
    expect(told).toEqual([true, false])
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

describe('[U38] an observer of the program', () => {
  test('throws at the program, and nothing ends by it', async () => {
    const device = new MemoryDeviceStore()
    const [a, b] = [await scene.open(device), await scene.open()]
    const errors = await uncaughtIn(async () => {
      let isFaulty = true
      b.doc.getText().observe(() => {
        if (isFaulty) throw new Error('of the page')
      })
      insert(a.doc, 'one')
      await scene.run()
      isFaulty = false
      insert(a.doc, ' two')
      await scene.run()
    })
    expect(errors).toMatchObject([{ message: 'of the page' }])
    expect(b.handle.status.link.is).toBe('online')
    await b.handle.synced
    expect(read(b.doc)).toBe('one two')
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
    a.handle.on('synced', () => {
      throw new Error('of the page')
    })
    a.handle.on('synced', () => heard.push('second'))
    const errors = await uncaughtIn(() => scene.run())
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

  test('leaves the status as it was, with nothing refused in it', async () => {
    const a = await scene.open()
    insert(a.doc, 'hello')
    await scene.run()
    await a.handle.destroy()
    expect(a.handle.status.save).toEqual({ is: 'saved' })
  })
})

const NULL = new TextEncoder().encode('null')
function varUint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}

async function uncaughtIn(work: () => Promise<void>): Promise<readonly unknown[]> {
  const errors: unknown[] = []
  const note = (error: unknown) => errors.push(error)
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', note)
  await work()
  process.off('uncaughtException', note)
  for (const listener of others) process.on('uncaughtException', listener)
  return errors
}
