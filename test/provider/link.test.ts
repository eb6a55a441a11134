import { afterEach, describe, expect, test } from 'vitest'
import type { Channel } from '../../client/provider/channel.ts'
import { Links } from '../../client/provider/link/links.ts'
import type { TokenSource } from '../../client/provider/link/token.ts'
import { openNodeSocket } from '../../client/provider/node/ws-socket.ts'
import { until } from '../support/deadline.ts'
import { ManualPage, NotingOwner } from '../support/link-owner.ts'
import { ScriptedServer, type ScriptedSocket } from '../support/scripted-server.ts'

const DEADLINE_MS = 10_000
/** Long enough for a frame to be heard on the other side, as a rule. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 5))
const NONE = Uint8Array.of(0)
const ends: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A server that does what the test says, and a page whose time does. Sockets are real. */
class Scene {
  readonly page = new ManualPage()
  /** Sockets that were begun. */
  attempts = 0
  readonly links = new Links({
    environment: this.page,
    openSocket: (...how) => {
      this.attempts++
      return openNodeSocket(...how)
    },
  })
  readonly server: ScriptedServer
  readonly token: TokenSource

  constructor(server: ScriptedServer, token: TokenSource) {
    this.server = server
    this.token = token
  }

  static async set(token: TokenSource = ''): Promise<Scene> {
    const server = await ScriptedServer.start()
    ends.push(() => server.close())
    return new Scene(server, token)
  }

  open(entity: string, token = this.token): [Channel, NotingOwner] {
    const owner = new NotingOwner()
    const channel = this.links.to(this.server.url, token).open(entity, owner)
    ends.push(() => channel.leave())
    return [channel, owner]
  }

  /** Up to the welcome. */
  async welcomed(count = 1): Promise<ScriptedSocket> {
    const socket = await this.server.socket(count)
    await socket.hears('hello')
    socket.welcome()
    return socket
  }

  /** One entity, open as channel 7. */
  async opened(entity = 'a'): Promise<[ScriptedSocket, Channel, NotingOwner]> {
    const [channel, owner] = this.open(entity)
    const socket = await this.welcomed()
    socket.opened((await socket.hears('open')).request, 7)
    await owner.isOpen()
    return [socket, channel, owner]
  }

  /** Lets time pass until the next socket comes: as a rule it is the next attempt. */
  async nextSocket(step = 100): Promise<ScriptedSocket> {
    const count = this.server.sockets.length + 1
    await until(`socket ${count}`, DEADLINE_MS, () => {
      if (this.server.sockets.length >= count) return true
      this.page.advance(step)
      return false
    })
    return this.welcomed(count)
  }
}

describe('[U1] one socket', () => {
  test('an entity is opened behind a hello, and heard by its number', async () => {
    const scene = await Scene.set('secret')
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
    scene.open('a')
    scene.open('b', 'another')
    scene.open('a')
    for (const count of [1, 2, 3]) await scene.welcomed(count)
    const all = scene.server.sockets
    await until('all opens', DEADLINE_MS, () => all.every((one) => one.all('open').length === 1))
    expect(scene.links.size).toBe(3)
  })

  test('24 are asked for at a time', async () => {
    const scene = await Scene.set()
    for (let n = 0; n < 40; n++) scene.open(`e${n}`)
    const socket = await scene.welcomed()
    await socket.hears('ping')
    expect(socket.all('open')).toHaveLength(24)
    for (const { request } of socket.all('open')) socket.opened(request, request)
    await socket.hears('open', 40)
  })

  test('it is closed 3 s after the last one was left, and no timer or listener stays', async () => {
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
    const { page } = scene
    page.chance = 1
    const [, , owner] = await scene.opened()
    await scene.server.close()
    ends.shift()
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
    expect(waits.slice(0, 7)).toEqual([250, 500, 1_000, 1_000, 1_425, 2_138, 3_206])
    expect(waits.at(-1)).toBe(15_000)
  })

  test.each(['retry', 'wake'] as const)('is tried at once after %s', async (how) => {
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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

  test('`again` of an error is the least that is waited', async () => {
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
    const [socket, , owner] = await scene.opened()
    await until('a round trip', DEADLINE_MS, () => owner.rtts.length > 0)
    scene.page.wake()
    await socket.hears('ping', 2)
  })
})

test('[U18] what is large may take longer to be answered, and is not waited for in vain', async () => {
  const scene = await Scene.set()
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
  const scene = await Scene.set()
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

describe('[U83] a server that never answers an `open`', () => {
  test('is given up after 150 s, with a reason, and asked on a new link', async () => {
    const scene = await Scene.set()
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

describe('[U8] a token function', () => {
  test('is asked for every attempt', async () => {
    let asked = 0
    const scene = await Scene.set(async () => `token ${++asked}`)
    const [socket] = await scene.opened()
    expect(socket.all('hello')).toEqual([{ is: 'hello', token: 'token 1' }])
    socket.socket.terminate()
    const second = await scene.nextSocket()
    expect(second.all('hello')).toEqual([{ is: 'hello', token: 'token 2' }])
  })

  test('is asked again before the first right ends, and the link stays', async () => {
    let asked = 0
    const scene = await Scene.set(() => `token ${++asked}`)
    const [, a] = scene.open('a')
    const [, b] = scene.open('b')
    const socket = await scene.welcomed()
    await socket.hears('open', 2)
    const [first, second] = socket.all('open')
    socket.opened(first!.request, 1, { expires: 3_600_000 })
    socket.opened(second!.request, 2, { expires: 4_000 })
    await a.isOpen()
    await b.isOpen()
    scene.page.advance(3_100)
    expect(asked).toBe(1)
    scene.page.advance(100)
    expect(await socket.hears('token')).toEqual({ is: 'token', token: 'token 2' })
    socket.say({ is: 'rights', channel: 2, may: 'read', expires: 600_000 })
    await until('the owner is told', DEADLINE_MS, () => b.messages.length > 0)
    expect(b.messages[0]).toMatchObject({ is: 'rights', may: 'read' })
    scene.page.sleep(530_000)
    await turn()
    expect(asked).toBe(2)
    scene.page.sleep(20_000)
    await socket.hears('token', 2)
  })

  test('that fails is asked again, less and less often, while the old token counts', async () => {
    let asked = 0
    const scene = await Scene.set(() => {
      if (++asked === 1) return 'token'
      throw new Error('no sign-in today')
    })
    scene.page.chance = 1
    const [, owner] = scene.open('a')
    const socket = await scene.welcomed()
    socket.opened((await socket.hears('open')).request, 1, { expires: 1_000_000 })
    await owner.isOpen()
    for (let n = 0; n < 100; n++) {
      scene.page.sleep(10_000)
      await turn()
    }
    expect(scene.server.sockets).toHaveLength(1)
    expect(asked).toBeGreaterThan(3)
    expect(asked).toBeLessThan(15)
  })
})

describe('[U9] without a token that counts', () => {
  test('a text waits for somebody to say retry, or for a new handle', async () => {
    const scene = await Scene.set('old')
    const [channel, owner] = scene.open('a')
    const socket = await scene.server.socket()
    await socket.hears('hello')
    socket.say({ is: 'error', code: 'unauthenticated', reason: 'it has expired', again: null })
    expect(await owner.becomes('needs-auth')).toEqual({
      is: 'needs-auth',
      reason: 'it has expired',
    })
    scene.page.advance(600_000)
    await turn()
    expect(scene.attempts).toBe(1)
    channel.retry()
    await scene.welcomed(2)
    await owner.becomes('online')
  })

  test('a function is asked again', async () => {
    let asked = 0
    const scene = await Scene.set(() => {
      if (++asked < 3) throw new Error('nobody has signed in')
      return 'token'
    })
    const [, owner] = scene.open('a')
    expect(await owner.becomes('needs-auth')).toMatchObject({ reason: 'nobody has signed in' })
    await scene.nextSocket()
    await owner.becomes('online')
    expect(asked).toBe(3)
  })

  test('one entity needs another token, the others go on', async () => {
    let asked = 0
    const scene = await Scene.set(() => `token ${++asked}`)
    const [, a] = scene.open('a')
    const [, b] = scene.open('b')
    const socket = await scene.welcomed()
    await socket.hears('open', 2)
    const [first, second] = socket.all('open')
    socket.opened(first!.request, 1)
    socket.say({
      ...{ is: 'refused', request: second!.request },
      ...{ code: 'unauthenticated', reason: 'sign in', again: null },
    })
    await b.becomes('needs-auth')
    scene.page.advance(100)
    expect((await socket.hears('token')).token).toBe('token 2')
    const third = await socket.hears('open', 3)
    expect(third.entity).toBe('b')
    socket.opened(third.request, 2)
    await b.isOpen()
    expect(a.states.map(({ is }) => is)).toEqual(['connecting', 'online'])
    expect(b.refusals).toEqual([])
  })

  test('a function that answers with nothing but the same is not asked in a storm', async () => {
    let asked = 0
    const scene = await Scene.set(() => {
      asked++
      return 'bad'
    })
    scene.page.chance = 1
    scene.open('a')
    const socket = await scene.welcomed()
    socket.onHeard = (message) => {
      if (message.is !== 'open') return
      const { request } = message
      socket.say({
        ...{ is: 'refused', request },
        ...{ code: 'unauthenticated', reason: 'bad', again: null },
      })
    }
    const { request } = await socket.hears('open')
    socket.onHeard({ is: 'open', request, entity: 'a', position: '', stateVector: NONE })
    for (let n = 0; n < 60; n++) {
      scene.page.advance(1_000)
      await turn()
    }
    expect(asked).toBeGreaterThan(3)
    expect(asked).toBeLessThan(16)
  })
})

describe('[U10] an entity that the server will not have', () => {
  const forbidden = { code: 'forbidden', reason: 'no grant', again: null } as const

  test.each(['refused', 'closed'] as const)('is %s: told, and the others go on', async (is) => {
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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
  const scene = await Scene.set()
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
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
    const scene = await Scene.set()
    const [socket, , owner] = await scene.opened()
    socket.raw(frame)
    const told = { reason: expect.stringMatching(/^the server said/) }
    expect(await owner.becomes('offline')).toMatchObject(told)
    await until('it is closed', DEADLINE_MS, () => socket.closed)
    await scene.nextSocket()
    await owner.becomes('online')
  })

  test('to the user is told to each entity', async () => {
    const scene = await Scene.set()
    const [socket, , owner] = await scene.opened()
    socket.say({ is: 'message', kind: 'note', bytes: Uint8Array.of(1) })
    await until('it is told', DEADLINE_MS, () => owner.direct_.length > 0)
    expect(owner.direct_).toEqual([['note', Uint8Array.of(1)]])
  })
})

test('[U15] an edit that would end the socket is refused here', async () => {
  const scene = await Scene.set()
  const [channel, owner] = scene.open('a')
  const socket = await scene.server.socket()
  await socket.hears('hello')
  socket.welcome({ frameBytes: 1_000 })
  socket.opened((await socket.hears('open')).request, 7)
  await owner.isOpen()
  expect(channel.say({ is: 'edit', batch: 3, update: new Uint8Array(1_001) })).toBe(true)
  await until('it is told', DEADLINE_MS, () => owner.messages.length > 0)
  expect(owner.messages).toMatchObject([{ is: 'nack', batch: 3, code: 'frame-too-large' }])
  expect(channel.say({ is: 'edit', batch: 4, update: new Uint8Array(1_000) })).toBe(true)
  expect(await socket.hears('edit')).toMatchObject({ batch: 4 })
})
