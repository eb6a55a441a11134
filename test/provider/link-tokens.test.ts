import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../support/deadline.ts'
import { DEADLINE_MS, endScenes, LinkScene, turn } from '../support/link-scene.ts'

const NONE = Uint8Array.of(0)
afterEach(endScenes)

describe('[U8] a token function', () => {
  test('is asked for every attempt', async () => {
    let asked = 0
    const scene = await LinkScene.set(async () => `token ${++asked}`)
    const [socket] = await scene.opened()
    expect(socket.all('hello')).toEqual([{ is: 'hello', token: 'token 1' }])
    socket.socket.terminate()
    const second = await scene.nextSocket()
    expect(second.all('hello')).toEqual([{ is: 'hello', token: 'token 2' }])
  })

  test('is asked again before the first right ends, and the link stays', async () => {
    let asked = 0
    const scene = await LinkScene.set(() => `token ${++asked}`)
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
    const scene = await LinkScene.set(() => {
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
    const scene = await LinkScene.set('old')
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
    const scene = await LinkScene.set(() => {
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
    const scene = await LinkScene.set(() => `token ${++asked}`)
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
    const scene = await LinkScene.set(() => {
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

describe('[U79] a text in the place of another', () => {
  test('after twenty thousand of them the last one counts, for the first as for any', async () => {
    const scene = await LinkScene.set('token 0')
    const { server, links } = scene
    for (let n = 0; n < 20_000; n++) links.to(server.url, `token ${n}`).renew(`token ${n + 1}`)
    links.to(server.url, 'token 20000').renew('last')
    for (const [count, token] of ['token 0', 'token 5000', 'last'].entries()) {
      scene.open(`entity ${count}`, token)
    }
    const socket = await scene.welcomed()
    expect(socket.all('hello')).toEqual([{ is: 'hello', token: 'last' }])
    await socket.hears('open', 3)
    expect(scene.attempts).toBe(1)
  })
})
