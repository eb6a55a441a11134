import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../support/deadline.ts'
import { DEADLINE_MS, endScenes, LinkScene, turn } from '../support/link-scene.ts'

const NONE = Uint8Array.of(0)
afterEach(endScenes)

describe('[U83] a server that never answers an `open`', () => {
  test('is given up after 150 s, with a reason, and asked on a new link', async () => {
    const scene = await LinkScene.set()
    const [channel, owner] = scene.open('a')
    const socket = await scene.welcomed()
    await socket.hears('open')
    for (let seconds = 0; seconds < 148; seconds += 2) {
      scene.page.advance(2_000)
      // It is alive: each ping is answered.
      await turn()
      const isHeard = () => owner.rtts.length >= socket.all('ping').length
      await until('a round trip', DEADLINE_MS, isHeard)
    }
    expect([owner.state, socket.closed]).toEqual(['online', false])
    scene.page.advance(2_000)
    const told = { reason: expect.stringMatching(/does not open/) }
    expect(await owner.becomes('offline')).toMatchObject(told)
    const second = await scene.nextSocket()
    second.opened((await second.hears('open')).request, 9)
    await owner.isOpen()
    // Neither who was let in nor who has left without an answer is waited for.
    const [other] = scene.open('b')
    await second.hears('open', 2)
    for (const one of [channel, other]) one.leave()
    scene.page.advance(3_000)
    expect([scene.links.size, scene.page.pending]).toEqual([0, 0])
  })
})

describe('[U10] an entity that the server will not have', () => {
  const forbidden = { code: 'forbidden', reason: 'no grant', again: null } as const

  test.each(['refused', 'closed'] as const)('is %s: told, and the others go on', async (is) => {
    const scene = await LinkScene.set()
    const [socket, channel, owner] = await scene.opened()
    const [other, second] = scene.open('b')
    const { request } = await socket.hears('open', 2)
    if (is === 'closed') {
      socket.opened(request, 8)
      await second.isOpen()
      socket.say({ is, channel: 8, ...forbidden })
    } else socket.say({ is, request, ...forbidden })
    await until('it is told', DEADLINE_MS, () => second.refusals.length > 0)
    expect(second.refusals).toEqual([forbidden])
    expect(other.say({ is: 'sync', stateVector: NONE })).toBe(false)
    expect(channel.say({ is: 'sync', stateVector: NONE })).toBe(true)
    expect(owner.states.at(-1)).toEqual({ is: 'online' })

    // A lost link says nothing new about it.
    const told = second.states.length
    socket.socket.terminate()
    const next = await scene.nextSocket()
    await owner.becomes('online')
    expect(second.states).toHaveLength(told)
    other.retry()
    await next.hears('open', 2)
    expect(second.state).toBe('online')
  })

  test('for now is asked again when the server says, and offline until then', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    const later = { code: 'not-available', reason: 'moved', again: 4_000 } as const
    socket.say({ is: 'closed', channel: 7, ...later })
    expect(await owner.becomes('offline')).toMatchObject({
      reason: 'moved',
      again: scene.page.wall() + 5_000,
    })
    expect(owner.refusals).toEqual([])
    for (let ms = 0; ms < 5_000; ms += 500) {
      expect(socket.all('open')).toHaveLength(1)
      scene.page.advance(500)
      await turn()
    }
    socket.opened((await socket.hears('open', 2)).request, 7)
    await owner.isOpen(2)
  })
})

test('[U10] an entity that is put off with "now" over and over is not asked for in a storm', async () => {
  const scene = await LinkScene.set()
  scene.page.chance = 1
  const [, owner] = scene.open('a')
  const socket = await scene.welcomed()
  const later = { code: 'not-available', reason: 'moved', again: 0 } as const
  let answered = 0
  for (let n = 0; n < 100; n++) {
    scene.page.advance(500)
    await turn()
    for (const { request } of socket.all('open').slice(answered)) {
      socket.say({ is: 'refused', request, ...later })
      answered++
    }
  }
  expect(owner.state).toBe('offline')
  expect(answered).toBeGreaterThan(5)
  expect(answered).toBeLessThan(12)
})

describe('[U11] parts', () => {
  const bytes = (length: number, value: number) => new Uint8Array(length).fill(value)

  test('reach the owner as one update, in their order, with progress', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    socket.say({ is: 'part', channel: 7, bytes: bytes(1_000, 1) })
    socket.say({ is: 'part', channel: 7, bytes: bytes(1_000, 2) })
    socket.say({ is: 'awareness', channel: 7, body: NONE })
    socket.say({ is: 'synced', channel: 7, update: bytes(500, 3) })
    socket.say({ is: 'update', channel: 7, update: bytes(1, 4) })
    await until('three messages', DEADLINE_MS, () => owner.messages.length === 3)
    const [awareness, synced, update] = owner.messages
    expect(awareness).toMatchObject({ is: 'awareness' })
    const whole = Buffer.concat([bytes(1_000, 1), bytes(1_000, 2), bytes(500, 3)])
    expect(synced?.is === 'synced' && whole.equals(synced.update)).toBe(true)
    expect(update).toMatchObject({ is: 'update', update: bytes(1, 4) })
    expect(owner.progressed).toBe(2_500)
  })

  test('of a lost link are forgotten', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    socket.say({ is: 'part', channel: 7, bytes: bytes(1_000, 1) })
    await until('it has come', DEADLINE_MS, () => owner.progressed > 0)
    socket.socket.terminate()
    const next = await scene.nextSocket()
    next.opened((await next.hears('open')).request, 7)
    next.say({ is: 'synced', channel: 7, update: bytes(5, 2) })
    await until('it is synced', DEADLINE_MS, () => owner.messages.length > 0)
    expect(owner.messages).toEqual([{ is: 'synced', channel: 7, update: bytes(5, 2) }])
  })

  test('without an end are not gathered for ever', async () => {
    const scene = await LinkScene.set()
    const [, owner] = scene.open('a')
    const socket = await scene.server.socket()
    await socket.hears('hello')
    socket.welcome({ frameBytes: 1_000 })
    socket.opened((await socket.hears('open')).request, 7)
    await owner.isOpen()
    for (let n = 0; n < 3; n++) socket.say({ is: 'part', channel: 7, bytes: bytes(700, 1) })
    await until('it is closed', DEADLINE_MS, () => socket.closed)
    await scene.nextSocket()
  })
})

describe('[U13] an entity that was left', () => {
  test('hears nothing more, and its number is free for others', async () => {
    const scene = await LinkScene.set()
    const [socket, channel, owner] = await scene.opened()
    channel.leave()
    channel.leave()
    expect(channel.say({ is: 'sync', stateVector: NONE })).toBe(false)
    expect(await socket.hears('close')).toEqual({ is: 'close', channel: 7 })
    const [, again] = scene.open('a')
    const { request } = await socket.hears('open', 2)
    socket.say({ is: 'update', channel: 7, update: NONE })
    socket.opened(request, 7)
    await again.isOpen()
    expect([owner.messages, again.messages, socket.all('close').length]).toEqual([[], [], 1])
  })

  test('before the server had opened it is closed when it has; a new handle does not wait', async () => {
    const scene = await LinkScene.set()
    const [channel, owner] = scene.open('a')
    const socket = await scene.welcomed()
    const { request } = await socket.hears('open')
    channel.leave()
    scene.open('a')
    await scene.server.socket(2)
    socket.opened(request, 7)
    expect(await socket.hears('close')).toEqual({ is: 'close', channel: 7 })
    expect(owner.openings).toEqual([])
  })
})

describe('[U14] what the server says', () => {
  test('and nobody knows, is passed over', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    socket.raw(Uint8Array.of(0x7f, 1, 2, 3))
    socket.say({ is: 'update', channel: 99, update: NONE })
    socket.say({ is: 'at', channel: 7, tier: 'disk', position: '1.1.2' })
    await until('the next is heard', DEADLINE_MS, () => owner.messages.length === 1)
    expect(owner.state).toBe('online')
  })

  test.each<[string, Uint8Array | string]>([
    ['ends too early', Uint8Array.of(0x05, 7, 9, 1)],
    ['has bytes over', Uint8Array.of(0x0f, 5, 5)],
    ['is empty', new Uint8Array(0)],
    ['is a text', 'hello'],
    ['is a second welcome', Uint8Array.of(0x01, 0, 1, 1)],
  ])('and %s, begins the link anew', async (_, frame) => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    socket.raw(frame)
    const told = { reason: expect.stringMatching(/^the server said/) }
    expect(await owner.becomes('offline')).toMatchObject(told)
    await until('it is closed', DEADLINE_MS, () => socket.closed)
    await scene.nextSocket()
    await owner.becomes('online')
  })

  test('to the user is told to each entity', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    socket.say({ is: 'message', kind: 'note', bytes: Uint8Array.of(1) })
    await until('it is told', DEADLINE_MS, () => owner.direct_.length > 0)
    expect(owner.direct_).toEqual([['note', Uint8Array.of(1)]])
  })
})
