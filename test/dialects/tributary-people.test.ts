import { describe, expect, test } from 'vitest'
import { tenant } from '../../src/core/ids.ts'
import { formatPosition } from '../../src/core/position.ts'
import { encodeAwareness } from '../../src/crdt/awareness.ts'
import { author, gate } from '../support/tributary-authors.ts'
import { type FakeSocket, tributaryStage } from '../support/tributary-stage.ts'

describe('who is here', () => {
  const state = (client: number, clock: number, name: string | null) =>
    encodeAwareness([
      { client, clock, state: name === null ? null : Buffer.from(JSON.stringify({ name })) },
    ])
  const bodies = (socket: FakeSocket) =>
    socket.all('awareness').map(({ body }) => Buffer.from(body).toString('latin1'))

  test('[V17] an id is claimed outright, at any time, and whoever claims is told of the others', async () => {
    const stage = tributaryStage()
    const [ann, bob] = [await stage.enter('a'), await stage.enter('a')]
    ann.socket.say({ is: 'claim', channel: ann.channel, body: state(7, 1, 'ann') })
    await stage.settle(60)
    expect(bodies(bob.socket).at(-1)).toContain('ann')
    // Nobody else is heard about an id that is claimed.
    bob.socket.say({ is: 'awareness', channel: bob.channel, body: state(7, 9, 'a thief') })
    await stage.settle()
    expect(bodies(ann.socket).join()).not.toContain('thief')
    const eve = await stage.connect()
    eve.open('a')
    for (let n = 0; n < 10; n++) await Promise.resolve()
    await stage.settle(0)
    expect(bodies(eve)).toEqual([])
    const { channel } = eve.last('opened')
    eve.say({ is: 'claim', channel, body: state(8, 1, 'eve') })
    expect(bodies(eve).join()).toContain('ann')
    expect(bodies(eve).join(), 'never its own').not.toContain('eve')
    ann.socket.conversation?.closed(false)
    await stage.settle()
    expect(bodies(bob.socket).at(-1)).toContain('null')
  })
})

describe('another token', () => {
  test('[V18] says anew what may be done, for as long, with every entity that is open', async () => {
    const { access, admit } = gate()
    const stage = tributaryStage({ access })
    const until = stage.clock.wall() + 60_000
    admit('old', { expiresAt: until })
    admit('new', { may: 'read', expiresAt: until + 60_000 })
    const { socket, channel } = await stage.enter('a', 'old')
    expect(socket.last('opened')).toMatchObject({ may: 'write' })
    expect(socket.last('opened').expires).toBeGreaterThan(59_000)
    stage.clock.advance(60_000)
    socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(socket.last('rights')).toEqual({ is: 'rights', channel, may: 'write', expires: 0 })
    socket.say({ is: 'token', token: 'new' })
    await stage.settle(0)
    expect(socket.last('rights')).toMatchObject({ channel, may: 'read' })
    expect(socket.last('rights').expires).toBeGreaterThan(50_000)
    socket.say({ is: 'edit', channel, batch: 1, update: author().write('x') })
    expect(socket.last('nack').code).toBe('forbidden')
    stage.clock.advance(40_000)
    socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(socket.all('closed')).toEqual([])
    stage.clock.advance(60_000)
    socket.conversation?.tick(stage.clock.monotonic(), 0)
    expect(socket.last('closed')).toMatchObject({ channel, code: 'unauthenticated', again: null })
    expect(socket.closedWith).toBe(null)
  })

  test('[V18] that is refused, or somebody else’s, ends what was open; the socket stays', async () => {
    const { access, admit } = gate()
    const stage = tributaryStage({ access })
    admit('old', {})
    admit('another', { actor: 'bob' })
    const { socket, channel } = await stage.enter('a', 'old')
    socket.say({ is: 'token', token: 'bad' })
    await stage.settle()
    expect(socket.last('closed')).toMatchObject({ channel, code: 'unauthenticated' })
    socket.open('a')
    await stage.settle()
    expect(socket.last('refused')).toMatchObject({ request: 2, code: 'unauthenticated' })
    socket.say({ is: 'token', token: 'old' })
    socket.open('a')
    await stage.settle()
    socket.say({ is: 'token', token: 'another' })
    await stage.settle()
    expect(socket.last('closed')).toMatchObject({ code: 'not-available', again: 0 })
    expect(socket.closedWith).toBe(null)
    expect(stage.people.count('default', 'ann')).toBe(0)
  })
})

test('[V18] tokens are paid for by what they cost: nothing is read until then', async () => {
  const stage = tributaryStage({ limits: { sessionMessages: 1, sessionMessagesBurst: 10 } })
  const socket = await stage.connect()
  for (const id of ['a', 'b', 'c', 'd']) socket.open(id)
  await stage.settle()
  expect(socket.say({ is: 'token', token: 'x' })).toBe(true)
  expect(socket.say({ is: 'token', token: 'y' })).toBe(false)
  await stage.settle(2_000)
  expect(socket.isRead).toBe(false)
  await stage.settle(3_000)
  expect(socket.isRead).toBe(true)
})

describe('people', () => {
  test('[V19] a message comes to each socket of its user once; a kick ends that entity there', async () => {
    const { access, admit } = gate()
    const stage = tributaryStage({ access })
    admit('ann', {})
    admit('bob', { actor: 'bob' })
    const { socket, channel } = await stage.enter('a', 'ann')
    socket.open('b')
    const bob = await stage.enter('a', 'bob')
    await stage.settle()
    const bytes = Uint8Array.of(1, 2)
    stage.people.send({ tenant: 'default', actor: 'ann', kind: 'news', bytes })
    expect(socket.all('message')).toEqual([{ is: 'message', kind: 'news', bytes }])
    expect(bob.socket.all('message')).toEqual([])
    stage.people.send({ tenant: 'default', actor: null, kind: 'all', bytes })
    expect([socket.all('message').length, bob.socket.all('message').length]).toEqual([2, 1])
    stage.people.kick({ tenant: 'default', actor: 'ann', entity: 'a' })
    expect(socket.last('closed')).toMatchObject({ channel, code: 'kicked', again: null })
    expect((await stage.entity('a')).members).toBe(1)
    expect((await stage.entity('b')).members).toBe(1)
    stage.people.kick({ tenant: 'default', actor: 'ann' }, true)
    expect(socket.last('closed')).toMatchObject({ code: 'not-available' })
    expect(socket.last('closed').again).toBeGreaterThanOrEqual(1_000)
    expect(socket.closedWith).toBe(null)
    stage.people.send({ tenant: 'default', actor: 'ann', kind: 'news', bytes })
    expect(socket.all('message'), 'nobody of that name is here').toHaveLength(2)
  })

  test('[V19] one who is sent away while being let in is refused', async () => {
    const stage = tributaryStage({ open: () => new Promise(() => {}) })
    const socket = await stage.connect()
    socket.open('a')
    await stage.settle()
    stage.people.kick({ tenant: 'default', entity: 'a' })
    expect(socket.last('refused')).toMatchObject({ request: 1, code: 'kicked' })
  })

  test('[G24] one who is gone before its token was looked at opens nothing, of no tenant', async () => {
    const { access, admit } = gate()
    const opened: string[] = []
    const stage = tributaryStage({
      access,
      open: ({ key }) => {
        opened.push(key)
        return null
      },
    })
    const [gone, stays] = [await stage.connect('new'), await stage.connect('new')]
    for (const socket of [gone, stays]) socket.open('a')
    gone.conversation?.closed(false)
    admit('new', { tenant: tenant('acme') })
    await stage.settle()
    expect(opened).toEqual(['acme/a'])
    expect([gone.kinds(), stays.kinds().slice(0, 2)]).toEqual([['welcome'], ['welcome', 'opened']])
  })

  test('[S18] [V19] or while its state is loaded: its channel is not open, and the next one is', async () => {
    const stage = tributaryStage()
    const ann = await stage.enter('a')
    const { write } = author()
    ann.socket.say({ is: 'edit', channel: ann.channel, batch: 1, update: write('secret') })
    await stage.settle()
    const entity = await stage.entity('a')
    const state = entity.state()
    const loads: (() => Promise<void>)[] = []
    entity.state = () => new Promise((go) => loads.push(async () => go(await state)))
    const socket = await stage.connect()
    socket.open('a')
    await stage.settle()
    stage.people.kick({ tenant: 'default', entity: 'a' })
    expect(socket.last('refused')).toMatchObject({ request: 1, code: 'kicked' })
    socket.open('a', { position: formatPosition(entity.position) })
    await stage.settle()
    const { channel } = socket.last('opened')
    for (const load of loads) await load()
    await stage.settle()
    expect(loads).toHaveLength(1)
    expect(socket.kinds()).toEqual(['welcome', 'refused', 'opened', 'synced', 'at'])
    socket.say({ is: 'edit', channel, batch: 2, update: author(2).write('heard') })
    await stage.settle()
    expect(socket.last('ack').batch).toBe(2)
  })
})
