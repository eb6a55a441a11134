import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import {
  author,
  docOf,
  gate,
  MALFORMED,
  NOTHING,
  REF_A,
  textOf,
} from '../support/tributary-authors.ts'
import { tributaryStage } from '../support/tributary-stage.ts'

describe('what has become of an edit', () => {
  test('[V10] is told when it is durable: the newest of those that are, how safe, and where', async () => {
    const stage = tributaryStage()
    const { append } = stage.log
    const landing: (() => void)[] = []
    stage.log.append = async (key, entry) => {
      await new Promise<void>((resolve) => landing.push(resolve))
      return { ...(await append.call(stage.log, key, entry)), replicas: 2 }
    }
    const { socket, channel } = await stage.enter('a')
    const writer = author()
    for (const batch of [1, 2, 3]) {
      socket.say({ is: 'edit', channel, batch, update: writer.write('x') })
    }
    await stage.settle()
    expect(socket.all('ack')).toEqual([])
    landing.shift()?.()
    await stage.settle()
    const { position } = await stage.entity('a')
    const at = `${position.epoch}:1:${position.check}`
    expect(socket.all('ack')).toEqual([
      { is: 'ack', channel, batch: 3, tier: 'memory', replicas: 2, position: at },
    ])
    // What it repeats is there: so it is told at once.
    socket.say({ is: 'answer', channel, batch: 4, update: Y.encodeStateAsUpdate(writer.doc) })
    expect(socket.last('ack').batch).toBe(4)
  })

  test('[V10] what only repeats is acknowledged when that is durable, who may only read too', async () => {
    const { access, admit } = gate()
    admit('reads', { may: 'read', actor: 'bob' })
    admit('writes', {})
    const stage = tributaryStage({ access })
    const ann = await stage.enter('a', 'writes')
    const bob = await stage.enter('a', 'reads')
    const { append } = stage.log
    let land = () => {}
    stage.log.append = async (key, entry) => {
      await new Promise<void>((resolve) => {
        land = resolve
      })
      return append.call(stage.log, key, entry)
    }
    const update = author().write('x')
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update })
    bob.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update })
    await stage.settle()
    expect(bob.socket.all('ack')).toEqual([])
    land()
    await stage.settle()
    expect(bob.socket.all('ack')).toHaveLength(1)
    expect(bob.socket.all('nack')).toEqual([])
  })

  test('[V11] where a client stands is told when all it was sent is in the log, once a second', async () => {
    const stage = tributaryStage()
    const [ann, bob] = [await stage.enter('a'), await stage.enter('a')]
    const { append } = stage.log
    let land = () => {}
    stage.log.append = async (key, entry) => {
      await new Promise<void>((resolve) => {
        land = resolve
      })
      return append.call(stage.log, key, entry)
    }
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update: author().write('x') })
    await stage.settle()
    expect(bob.socket.all('update')).toHaveLength(1)
    bob.socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(bob.socket.all('at'), 'it was sent ahead of the log').toEqual([])
    land()
    await stage.settle()
    expect(bob.socket.all('at')).toEqual([])
    bob.socket.conversation?.tick(stage.clock.monotonic(), 0)
    bob.socket.conversation?.tick(stage.clock.monotonic(), 0)
    const { position } = ann.socket.last('ack')
    expect(bob.socket.all('at')).toEqual([
      { is: 'at', channel: bob.channel, tier: 'memory', position },
    ])
  })

  test('[V11] what the log has told and nobody was sent yet is not told as sent', async () => {
    const stage = tributaryStage()
    const ann = await stage.enter('a')
    const writer = author()
    const edit = { is: 'edit', channel: ann.channel, batch: 1, update: writer.write('x') } as const
    ann.socket.say(edit)
    await stage.settle()
    ann.socket.conversation?.tick(stage.clock.monotonic(), 0)
    const before = ann.socket.last('at').position
    // By another node, while the entity is busy.
    ann.socket.say({ ...edit, update: writer.write('y') })
    await stage.settle(0)
    await stage.log.append(REF_A, {
      ...{ id: 'foreign', authors: [], origin: 'session', time: 0 },
      update: checkUpdate(author(2).write('z')).bytes,
    })
    const entity = await stage.entity('a')
    expect(entity.position.offset).toBe(3)
    ann.socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(ann.socket.last('at').position).toBe(before)
    expect(ann.socket.all('update')).toEqual([])
    await stage.settle()
    expect(ann.socket.all('update')).toHaveLength(1)
    ann.socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(ann.socket.last('at').position).toContain(':3:')
  })

  test('[V12] one that may not be is refused alone, by its number, and the session goes on', async () => {
    const { access, admit } = gate()
    admit('reads', { may: 'read', actor: 'bob' })
    admit('writes', {})
    const stage = tributaryStage({ access, limits: { pendingEntityBytes: 500 } })
    const bob = await stage.enter('a', 'reads')
    expect(bob.socket.last('opened').may).toBe('read')
    bob.socket.say({ is: 'edit', channel: bob.channel, batch: 5, update: author().write('x') })
    expect(bob.socket.last('nack')).toMatchObject({
      ...{ channel: bob.channel, batch: 5, code: 'forbidden', neutered: false, again: null },
    })
    bob.socket.say({ is: 'answer', channel: bob.channel, batch: 6, update: NOTHING })
    expect(bob.socket.last('ack').batch).toBe(6)
    const ann = await stage.enter('a', 'writes')
    const writer = author()
    const [small, large] = [writer.write('a'), writer.write('b'.repeat(600))]
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update: small })
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 2, update: large })
    expect(ann.socket.last('nack')).toMatchObject({
      batch: 2,
      code: 'pending-full',
      neutered: false,
    })
    expect(ann.socket.last('nack').again).toBeGreaterThanOrEqual(1_000)
    await stage.settle()
    expect(ann.socket.all('ack').map(({ batch }) => batch)).toEqual([1])
    expect(ann.socket.all('closed')).toEqual([])
  })

  test('[V13] after what no client of ours makes it may write no more, and is told so', async () => {
    const stage = tributaryStage()
    const { socket, channel } = await stage.enter('a')
    socket.say({ is: 'edit', channel, batch: 1, update: MALFORMED })
    expect(socket.last('nack')).toMatchObject({ batch: 1, code: 'malformed', again: null })
    expect(socket.last('rights')).toEqual({ is: 'rights', channel, may: 'read', expires: null })
    socket.say({ is: 'edit', channel, batch: 2, update: author().write('x') })
    expect(socket.last('nack')).toMatchObject({ batch: 2, code: 'malformed' })
    await stage.settle()
    expect(socket.all('ack')).toEqual([])
    const other = await stage.enter('a')
    other.socket.say({ is: 'edit', channel, batch: 1, update: author(2).write('y') })
    await stage.settle()
    expect(textOf(docOf(socket, channel)), 'it still reads').toBe('y')
  })

  test('[V14] one that is too much is taken without its content, said by its number, and later ones fit', async () => {
    const stage = tributaryStage({ limits: { updateBytes: 1_000 } })
    const [ann, bob] = [await stage.enter('a'), await stage.enter('a')]
    const writer = author()
    const say = (batch: number, update: Uint8Array) =>
      ann.socket.say({ is: 'edit', channel: ann.channel, batch, update })
    say(1, writer.write('a'))
    say(2, writer.write('b'.repeat(2_000)))
    say(3, writer.write('c'))
    await stage.settle()
    expect(ann.socket.all('nack')).toEqual([
      {
        ...{ is: 'nack', channel: ann.channel, batch: 2, code: 'update-too-large', again: null },
        ...{ neutered: true, reason: expect.stringContaining('without its content') },
      },
    ])
    expect(ann.socket.last('ack').batch).toBe(3)
    expect(textOf(docOf(bob.socket, bob.channel))).toBe('ac')
    for (const { update } of ann.socket.all('update')) Y.applyUpdate(writer.doc, update)
    expect(textOf(writer.doc), 'its author has lost it too').toBe('ac')
  })
})

test('[V33] who sends again what was taken without its content is told again', async () => {
  const stage = tributaryStage({ limits: { updateBytes: 1_000 } })
  const writer = author()
  const [small, large, next] = [
    writer.write('a'),
    writer.write('b'.repeat(2_000)),
    writer.write('c'),
  ]
  const first = await stage.enter('a')
  for (const [batch, update] of [small, large].entries()) {
    first.socket.say({ is: 'edit', channel: first.channel, batch, update })
  }
  await stage.settle()
  const { socket, channel } = await stage.enter('a')
  const say = (is: 'edit' | 'answer', batch: number, update: Uint8Array) =>
    socket.say({ is, channel, batch, update })
  say('edit', 1, small)
  say('edit', 2, large)
  // Two that were put together meanwhile.
  say('edit', 3, Y.mergeUpdates([large, next]))
  say('answer', 4, Y.encodeStateAsUpdate(writer.doc))
  for (const { update } of socket.all('synced')) Y.applyUpdate(writer.doc, update)
  say('edit', 5, Y.encodeStateAsUpdate(writer.doc))
  await stage.settle()
  expect(socket.all('nack')).toMatchObject(
    [2, 3].map((batch) => ({ batch, code: 'update-too-large', neutered: true })),
  )
  expect(socket.last('ack').batch).toBe(5)
  expect(textOf(docOf((await stage.enter('a')).socket, channel))).toBe('ac')
})

test('[V13] [V19] a removed entity is closed, and what it held is refused for good', async () => {
  const stage = tributaryStage()
  const { socket, channel } = await stage.enter('a')
  const writer = author()
  const old = writer.write('x')
  socket.say({ is: 'edit', channel, batch: 1, update: old })
  await stage.settle()
  const { position } = socket.last('ack')
  await stage.log.remove(REF_A, new Map([[1, 1]]))
  await stage.settle()
  expect(socket.last('closed')).toMatchObject({ channel, code: 'entity-removed', again: null })
  stage.forget('a')
  socket.open('a', { position })
  await stage.settle()
  const opened = socket.last('opened')
  expect(opened).toMatchObject({ follows: 'ask', position: expect.stringMatching(/^1\./) })
  socket.say({ is: 'edit', channel: opened.channel, batch: 1, update: old })
  expect(socket.last('nack')).toMatchObject({ code: 'deleted-generation', again: null })
  expect(socket.last('rights')).toMatchObject({ channel: opened.channel, may: 'read' })
})

describe('what is large', () => {
  test('[V15] goes out in parts of 256 KB, a live update and a join alike', async () => {
    const stage = tributaryStage()
    const [ann, bob] = [await stage.enter('a'), await stage.enter('a')]
    const text = 'x'.repeat(600_000)
    const update = author().write(text)
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update })
    await stage.settle()
    expect(bob.socket.kinds().slice(-3)).toEqual(['part', 'part', 'update'])
    expect(bob.socket.all('part').map(({ bytes }) => bytes.length)).toEqual([262_144, 262_144])
    expect(textOf(docOf(bob.socket, bob.channel))).toBe(text)
    const late = await stage.enter('a')
    expect(late.socket.last('opened').bytes).toBeGreaterThanOrEqual(600_000)
    expect(late.socket.all('part')).toHaveLength(2)
    expect(textOf(docOf(late.socket, late.channel))).toBe(text)
  })

  test('[V15] comes in in parts, put together within the bound of an entity', async () => {
    const stage = tributaryStage({ limits: { frameBytes: 500, entityBytes: 1_000 } })
    const { socket, channel } = await stage.enter('a')
    const update = author().write('x'.repeat(900))
    for (let at = 0; at < 800; at += 100) {
      socket.say({ is: 'part', channel, bytes: update.subarray(at, at + 100) })
    }
    socket.say({ is: 'edit', channel, batch: 1, update: update.subarray(800) })
    await stage.settle()
    expect(socket.last('ack').batch).toBe(1)
    expect(textOf(docOf((await stage.enter('a')).socket, channel))).toHaveLength(900)
    for (let n = 0; n < 10; n++) socket.say({ is: 'part', channel, bytes: new Uint8Array(100) })
    expect(socket.all('closed')).toEqual([])
    socket.say({ is: 'part', channel, bytes: new Uint8Array(1) })
    expect(socket.last('closed')).toMatchObject({ channel, code: 'frame-too-large', again: null })
  })

  test('[V15] all that is unfinished on a socket is within the same bound', async () => {
    const stage = tributaryStage({ limits: { frameBytes: 500, entityBytes: 1_000 } })
    const { socket, channel } = await stage.enter('a')
    socket.open('b')
    await stage.settle()
    const other = socket.last('opened').channel
    socket.say({ is: 'part', channel, bytes: new Uint8Array(700) })
    socket.say({ is: 'part', channel: other, bytes: new Uint8Array(400) })
    expect(socket.last('closed')).toMatchObject({ channel: other, code: 'pending-full' })
    expect(socket.last('closed').again).toBeGreaterThanOrEqual(1_000)
    socket.say({ is: 'close', channel })
    socket.open('a')
    await stage.settle()
    socket.say({ is: 'part', channel, bytes: new Uint8Array(900) })
    expect(socket.all('closed')).toHaveLength(1)
  })

  test('[V16] holds up no other entity: the socket is given a little at a time, in turn', async () => {
    const stage = tributaryStage()
    const ann = await stage.enter('a')
    const text = 'x'.repeat(3_000_000)
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update: author().write(text) })
    await stage.settle()
    const bob = await stage.connect()
    bob.stalled = true
    bob.open('a')
    bob.open('b')
    await stage.settle()
    expect(bob.unsent).toBeLessThan(1_400_000)
    expect(bob.all('synced').map(({ channel }) => channel)).not.toContain(ann.channel)
    const { channel } = bob.last('opened')
    expect(
      bob.all('opened').map(({ request }) => request),
      'the small one waits for one turn',
    ).toEqual([1])
    bob.drain()
    expect(bob.last('synced').channel).not.toBe(ann.channel)
    expect(channel).toBe(ann.channel)
    for (let turns = 0; turns < 5; turns++) bob.drain()
    expect(textOf(docOf(bob, ann.channel))).toBe(text)
  })
})
