import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../support/deadline.ts'
import { DEADLINE_MS, endScenes, LinkScene, turn } from '../support/link-scene.ts'

const NONE = Uint8Array.of(0)
afterEach(endScenes)

describe('[U1] one socket', () => {
  test('an entity is opened behind a hello, and heard by its number', async () => {
    const scene = await LinkScene.set('secret')
    const [channel, owner] = scene.open('a')
    const socket = await scene.server.socket()
    expect(socket.url).toBe('/connect')
    expect(await socket.hears('hello')).toEqual({ is: 'hello', token: 'secret' })
    expect(channel.say({ is: 'sync', stateVector: NONE })).toBe(false)
    socket.welcome()
    const { request, ...open } = await socket.hears('open')
    expect(open).toEqual({ is: 'open', entity: 'a', position: '', stateVector: NONE })
    socket.opened(request, 7)
    await owner.isOpen()
    expect(owner.states).toEqual([{ is: 'connecting' }, { is: 'online' }])
    expect(channel.say({ is: 'sync', stateVector: NONE })).toBe(true)
    expect(await socket.hears('sync')).toMatchObject({ channel: 7 })
    socket.say({ is: 'at', channel: 7, tier: 'disk', position: '1.1.2' })
    await until('it is heard', DEADLINE_MS, () => owner.messages.length > 0)
    await until('a round trip', DEADLINE_MS, () => owner.rtts.length > 0)
  })

  test('all entities share it, and are opened without waiting for one another', async () => {
    const scene = await LinkScene.set()
    const owners = ['a', 'b', 'c'].map((entity) => scene.open(entity)[1])
    const socket = await scene.welcomed()
    await socket.hears('open', 3)
    const [a, b, c] = socket.all('open')
    socket.opened(c!.request, 3)
    socket.opened(a!.request, 1)
    socket.opened(b!.request, 2)
    for (const owner of owners) await owner.isOpen()
    expect(owners.map((owner) => owner.openings[0]!.channel)).toEqual([1, 2, 3])
    expect(scene.server.sockets).toHaveLength(1)
  })

  test('another token, or a second handle on an entity, has its own', async () => {
    const scene = await LinkScene.set()
    scene.open('a')
    scene.open('b', 'another')
    scene.open('a')
    for (const count of [1, 2, 3]) await scene.welcomed(count)
    const all = scene.server.sockets
    await until('all opens', DEADLINE_MS, () => all.every((one) => one.all('open').length === 1))
    expect(scene.links.size).toBe(3)
  })

  test('24 are asked for at a time', async () => {
    const scene = await LinkScene.set()
    for (let n = 0; n < 40; n++) scene.open(`e${n}`)
    const socket = await scene.welcomed()
    await socket.hears('ping')
    expect(socket.all('open')).toHaveLength(24)
    for (const { request } of socket.all('open')) socket.opened(request, request)
    await socket.hears('open', 40)
  })

  test('it is closed 3 s after the last one was left, and no timer or listener stays', async () => {
    const scene = await LinkScene.set()
    const [socket, channel] = await scene.opened()
    channel.leave()
    await socket.hears('close')
    scene.page.advance(2_900)
    const [again, owner] = scene.open('b')
    socket.opened((await socket.hears('open', 2)).request, 8)
    await owner.isOpen()
    again.leave()
    scene.page.advance(2_900)
    expect(socket.closed).toBe(false)
    scene.page.advance(100)
    await until('it is closed', DEADLINE_MS, () => socket.closed)
    expect([scene.links.size, scene.page.pending, scene.page.listeners]).toEqual([0, 0, 0])
  })
})

describe('[U3] a lost link', () => {
  test('is made again at once, and the entity is opened on it', async () => {
    const scene = await LinkScene.set()
    const [socket, channel, owner] = await scene.opened()
    socket.socket.terminate()
    await owner.becomes('connecting')
    expect(channel.say({ is: 'sync', stateVector: NONE })).toBe(false)
    scene.page.advance(100)
    const second = await scene.welcomed(2)
    second.opened((await second.hears('open')).request, 9)
    await owner.isOpen(2)
    expect(channel.say({ is: 'sync', stateVector: NONE })).toBe(true)
    expect(await second.hears('sync')).toMatchObject({ channel: 9 })
    expect(owner.states.map(({ is }) => is)).toEqual([
      ...['connecting', 'online', 'connecting', 'online'],
    ])
  })

  test('is tried less and less often while there is no server, and says when', async () => {
    const scene = await LinkScene.set()
    const { page } = scene
    page.chance = 1
    const [, , owner] = await scene.opened()
    await scene.loseServer()
    const waits: number[] = []
    await owner.becomes('connecting')
    page.advance(100)
    for (let n = 0; n < 12; n++) {
      const state = await owner.becomes('offline')
      const wait = state.is === 'offline' && state.again !== null ? state.again - page.wall() : 0
      waits.push(Math.round(wait))
      const seen = owner.states.length
      page.advance(wait)
      await until('the attempt has failed', DEADLINE_MS, () => owner.states.length > seen)
    }
    expect(waits.slice(0, 7)).toEqual([250, 500, 1_000, 1_000, 1_425, 2_138, 3_207])
    expect(waits.at(-1)).toBe(15_000)
  })

  test.each(['retry', 'wake'] as const)('is tried at once after %s', async (how) => {
    const scene = await LinkScene.set()
    const { page } = scene
    page.chance = 1
    const [socket, channel, owner] = await scene.opened()
    scene.server.onSocket = (next) => next.socket.terminate()
    socket.socket.terminate()
    while (!(owner.state === 'offline' && scene.server.sockets.length > 7)) {
      page.advance(1_000)
      await turn()
    }
    scene.server.onSocket = () => {}
    const count = scene.server.sockets.length
    if (how === 'retry') channel.retry()
    else page.wake()
    // The loss of the last one may not be known yet. Without it the next would come after seconds.
    for (let ms = 0; ms < 500 && scene.server.sockets.length === count; ms += 25) {
      page.advance(25)
      await turn()
    }
    await scene.welcomed(count + 1)
    await owner.becomes('online')
  })

  test('while the device has no network nothing is promised, and yet it is tried', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    scene.page.hasNetwork = false
    scene.server.onSocket = (next) => next.socket.terminate()
    socket.socket.terminate()
    await owner.becomes('connecting')
    scene.page.advance(100)
    expect(await owner.becomes('offline')).toMatchObject({ again: null })
    scene.server.onSocket = () => {}
    await scene.nextSocket()
    await owner.becomes('online')
  })
})

describe('[U4] what a server wishes', () => {
  test('1012 brings its clients back within 3 s, not all at once', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    scene.page.chance = 0.9
    socket.socket.close(1012)
    expect(await owner.becomes('offline')).toMatchObject({ again: scene.page.wall() + 2_700 })
    scene.page.wake()
    scene.page.advance(2_600)
    await turn()
    expect(scene.attempts).toBe(1)
    scene.page.advance(100)
    await scene.welcomed(2)
  })

  test('[V38] `again` is a whole number, like the clock that it is of', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    scene.page.chance = 0.123456789
    socket.socket.close(1012)
    expect(await owner.becomes('offline')).toMatchObject({ again: scene.page.wall() + 371 })
  })

  test('`again` of an error is the least that is waited', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    socket.say({ is: 'error', code: 'too-many-sockets', reason: 'full', again: 20_000 })
    expect(await owner.becomes('offline')).toMatchObject({
      reason: 'full',
      again: scene.page.wall() + 25_000,
    })
    scene.page.wake()
    scene.page.advance(19_999)
    await turn()
    expect(scene.attempts).toBe(1)
    await scene.nextSocket()
  })

  test('an error without it is the last word, until somebody asks again', async () => {
    const scene = await LinkScene.set()
    const [socket, channel, owner] = await scene.opened()
    socket.say({ is: 'error', code: 'forbidden', reason: 'not you', again: null })
    const denied = { is: 'denied', code: 'forbidden', reason: 'not you' }
    expect(await owner.becomes('denied')).toEqual(denied)
    scene.page.advance(600_000)
    await turn()
    expect(scene.attempts).toBe(1)
    channel.retry()
    await scene.welcomed(2)
    await owner.becomes('online')
  })
})

describe('[U5] a dead link', () => {
  test('is noticed within 6 s, and left for a new one', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    await until('a round trip', DEADLINE_MS, () => owner.rtts.length > 0)
    socket.answersPings = false
    scene.page.advance(2_500)
    await socket.hears('ping', 2)
    scene.page.advance(2_500)
    await owner.becomes('connecting')
    await scene.nextSocket()
  })

  test('is asked about as soon as the page is looked at again', async () => {
    const scene = await LinkScene.set()
    const [socket, , owner] = await scene.opened()
    await until('a round trip', DEADLINE_MS, () => owner.rtts.length > 0)
    scene.page.wake()
    await socket.hears('ping', 2)
  })
})

test('[U18] what is large may take longer to be answered, and is not waited for in vain', async () => {
  const scene = await LinkScene.set()
  const [socket, channel, owner] = await scene.opened()
  await until('a round trip', DEADLINE_MS, () => owner.rtts.length > 0)
  socket.answersPings = false
  channel.say({ is: 'edit', batch: 1, update: new Uint8Array(1_000_000) })
  await socket.hears('ping', 2)
  // At least 256 KB were given to the socket: 192 KB more than are always allowed, at 20 KB/s.
  scene.page.advance(8_000)
  expect(owner.state).toBe('online')
  scene.page.advance(60_000)
  expect(owner.state).toBe('connecting')
})

test('[U7] a server that never says welcome is given up after 10 s', async () => {
  const scene = await LinkScene.set()
  scene.page.chance = 0
  const [, owner] = scene.open('a')
  const silent = await scene.server.socket()
  await silent.hears('hello')
  scene.page.advance(9_999)
  expect(silent.closed).toBe(false)
  scene.page.advance(1)
  await until('it is given up', DEADLINE_MS, () => silent.closed)
  await scene.nextSocket()
  await owner.becomes('online')
})

test('[V39] who answers, and is no server of ours, is told from one that is not there', async () => {
  const scene = await LinkScene.set()
  scene.page.chance = 1
  const [, owner] = scene.open('a')
  const relay = await scene.server.socket()
  await relay.hears('hello')
  // Awareness about nobody, as y-websocket has it.
  relay.socket.send(Uint8Array.of(1, 1, 0))
  const reason = 'no Tributary answers at this address'
  expect(await owner.becomes('offline')).toMatchObject({ reason })
  scene.page.advance(251)
  const silent = await scene.server.socket(2)
  await silent.hears('hello')
  scene.page.advance(10_000)
  const reasons = () => owner.states.map((state) => state.is === 'offline' && state.reason)
  await until('it is told again', DEADLINE_MS, () => reasons().length === 3)
  expect(reasons()).toEqual([false, reason, reason])
  await scene.loseServer()
  scene.page.advance(1_000)
  await until('nobody is there', DEADLINE_MS, () => reasons().length === 4)
  expect(reasons().at(-1)).not.toBe(reason)
})

test('[U15] how much an edit may have before it would end the socket is said', async () => {
  const scene = await LinkScene.set()
  const [channel, owner] = scene.open('a')
  const socket = await scene.server.socket()
  await socket.hears('hello')
  socket.welcome({ frameBytes: 1_000 })
  socket.opened((await socket.hears('open')).request, 7)
  await owner.isOpen()
  expect(owner.most).toBe(1_000)
  expect(channel.say({ is: 'edit', batch: 4, update: new Uint8Array(1_000) })).toBe(true)
  expect(await socket.hears('edit')).toMatchObject({ batch: 4 })
})
