import { performance } from 'node:perf_hooks'
import { expect } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import * as frames from '../support/frames.ts'
import { linesOf, type Readyz, ready, readyz, readyzWhen, troubled } from '../support/readiness.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { residentOf } from '../support/resident.ts'
import { type Body, ownStageTest, type Stage } from '../support/stage.ts'
import { insertion } from '../wire-socket/insertion.ts'

/** Together: each mostly waits, for times that rules name. */
const nodeTest = (title: string, body: Body): void =>
  ownStageTest(title, body, { concurrent: true, timeout: 90_000 })

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']
const provoked = /an append failed, it is tried again|an entity cannot be loaded/

async function redis(stage: Stage, args: readonly string[] = DURABLE): Promise<RedisServer> {
  const server = await startRedis(args)
  stage.atEnd(() => server.stop())
  return server
}

const start = (stage: Stage, url: string, flags: readonly string[] = []) =>
  stage.start(['--redis', url, ...flags], { provoked })

nodeTest(
  '[R7] [R8] [R12] a node starts without its Redis; who comes is told nothing, and all of it is there when Redis is',
  async (stage) => {
    const store = await redis(stage)
    await store.kill()
    const server = await start(stage, store.url)
    const why = /^Redis cannot be reached: connect ECONNREFUSED/
    const isSo = ({ trouble = '' }: Readyz) => why.test(trouble)
    expect(await readyzWhen(server, 'it says why', isSo)).toMatchObject({
      code: 503,
      status: 'trouble',
      tier: 'memory',
    })
    const id = stage.entity()
    const stock = stage.stock('3.1.0', id)
    stock.doc.getText('t').insert(0, 'written before anything was there')
    const raw = await stage.raw(id)
    raw.send(frames.step1())
    raw.send(insertion('a'))
    raw.send(frames.marker(7))
    await until('it was tried to load it', 10_000, () => {
      return linesOf(server, 'an entity cannot be loaded, it is tried again').length > 0
    })
    await until('the stock client is connected', 10_000, () => stock.provider.wsconnected)
    expect(stock.provider.synced).toBe(false)
    expect(raw.received, 'neither state nor question').toEqual([])

    await store.restart()
    expect(await ready(server)).toMatchObject({ tier: 'disk', status: 'ready' })
    await stock.synced()
    expect((await raw.next('marker')).version).toBe(7)
    await until('one has what the other wrote', 10_000, () => {
      return stock.doc.getArray('list').length === 1
    })
    await until('and the other way round', 10_000, () => {
      return raw.doc().getText('t').toString() === 'written before anything was there'
    })
    expect(stock.sockets, 'one socket all the time').toHaveLength(1)
    expect(linesOf(server, 'redis cannot be reached')).toHaveLength(1)
    expect(linesOf(server, 'redis is there again')).toHaveLength(1)
    expect(linesOf(server, 'an entity cannot be loaded, it is tried again')).toHaveLength(1)
  },
)

nodeTest(
  '[R7] [R12] a node that never found its Redis stops in order, whoever waits',
  async (stage) => {
    const store = await redis(stage)
    await store.kill()
    const server = await start(stage, store.url, ['--pace-drain', '100ms'])
    const raw = await stage.raw(stage.entity())
    // What it says meanwhile stays where it is, but for what sockets hold.
    const MB = 2 ** 20
    const [before, large] = [residentOf(server.pid), insertion('x'.repeat(MB))]
    for (let i = 0; i < 60; i++) raw.send(large)
    await until('it was tried to load it', 10_000, () => {
      return linesOf(server, 'an entity cannot be loaded, it is tried again').length > 0
    })
    expect(raw.socket.bufferedAmount).toBeGreaterThan(30 * MB)
    expect(residentOf(server.pid) - before).toBeLessThan(30 * MB)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect((await raw.closed).code, 'it is told, or its socket is gone').toBeOneOf([1012, 1006])
    expect(linesOf(server, 'stopped')).toHaveLength(1)
  },
)

nodeTest(
  '[R11] [R9] a node whose Redis is gone serves on, says nothing is saved, and appends all of it when Redis is back',
  async (stage) => {
    const store = await redis(stage)
    const server = await start(stage, store.url)
    await ready(server)
    const id = stage.entity()
    const writer = await stage.raw(id)
    await writer.join()
    const reader = await stage.raw(id)
    await reader.join()
    writer.send(insertion('saved'))
    await writer.settled()

    await store.kill()
    await troubled(server)
    writer.send(insertion('unsaved'))
    writer.send(frames.marker(1))
    const list = () => reader.doc().getArray('list').toArray()
    await until('the reader has it', 10_000, () => list().includes('unsaved'))
    // Who comes now gets what is loaded, the unsaved with it.
    const late = await stage.raw(id)
    expect((await late.join()).getArray('list').toArray()).toHaveLength(2)
    expect((await readyz(server)).code).toBe(503)
    expect(writer.count('marker')).toBe(1)
    expect((await stage.metrics()).sum('redis_up')).toBe(0)
    // Its only clients leave, and Redis comes back to an entity that nobody is on.
    for (const client of [writer, reader, late]) await client.close()
    await store.restart()
    await ready(server)
    await until(
      'all is saved',
      10_000,
      async () => (await stage.metrics()).sum('pending_bytes') === 0,
    )
    expect((await stage.metrics()).sum('redis_reconnections_total')).toBe(1)
    await server.kill()
    await start(stage, store.url)
    const cold = await stage.raw(id)
    expect((await cold.join()).getArray('list').toArray().sort()).toEqual(['saved', 'unsaved'])
  },
)

nodeTest(
  '[R11] who writes more than there is room for is held, then sent away with 1013; who reads stays',
  async (stage) => {
    const store = await redis(stage)
    const server = await start(stage, store.url, ['--limit-pending-entity-bytes', '20KB'])
    await ready(server)
    const id = stage.entity()
    const reader = await stage.raw(id)
    await reader.join()
    const writer = await stage.raw(id)
    await writer.join()
    await store.kill()
    await troubled(server)
    const since = performance.now()
    for (let i = 0; i < 30; i++) writer.send(insertion('x'.repeat(1_000)))
    const { code } = await writer.closed
    expect(code).toBe(1013)
    expect(performance.now() - since, 'ms until it was closed').toBeGreaterThan(2_900)
    expect(reader.isClosed).toBe(false)
    await store.restart()
    await ready(server)
    reader.send(insertion('there is room'))
    await reader.settled()
  },
)

nodeTest(
  '[R14] a Redis that hangs, and one whose connections are half-open, are noticed and gone around',
  async (stage) => {
    const store = await redis(stage)
    const proxy = await stage.proxy(store.port)
    const server = await start(stage, `redis://127.0.0.1:${proxy.port}`)
    await ready(server)
    const id = stage.entity()
    const writer = await stage.raw(id)
    await writer.join()

    proxy.freeze()
    writer.send(insertion('into nothing'))
    writer.send(frames.marker(1))
    // Its own time-outs find new connections, which the wire lets through.
    await until('it is saved', 15_000, () => writer.count('marker') === 1)

    store.signal('SIGSTOP')
    writer.send(insertion('while it hangs'))
    writer.send(frames.marker(2))
    const said = await troubled(server)
    expect(said.trouble).toMatch(/^Redis (does not answer in time|cannot be reached)/)
    expect(writer.count('marker')).toBe(1)
    store.signal('SIGCONT')
    await ready(server)
    await until('it is saved', 15_000, () => writer.count('marker') === 2)
    const { length } = writer.doc().getArray('list')
    expect(length, 'its own updates do not come back').toBe(0)
    const cold = await stage.raw(id)
    expect((await cold.join(new Y.Doc())).getArray('list').length).toBe(2)
  },
)

nodeTest(
  '[R9] [R13] Hocuspocus never tries a failed store again; here a Redis that is full: nothing is said to be saved until there is room, and it is told once',
  async (stage) => {
    const store = await redis(stage)
    const server = await start(stage, store.url)
    await ready(server)
    const ids = Array.from({ length: 5 }, () => stage.entity())
    const writers = await Promise.all(ids.map((id) => stage.raw(id)))
    for (const writer of writers) await writer.join()
    await store.client.config('SET', 'maxmemory', '1')
    for (const writer of writers) {
      writer.send(insertion('no room'))
      writer.send(frames.marker(1))
    }
    const said = await troubled(server)
    expect(said.trouble).toMatch(/^Redis is full/)
    await until('each has failed', 10_000, async () => {
      return (await stage.metrics()).sum('redis_failures_total', { reason: 'full' }) >= 5
    })
    expect(writers.map((writer) => writer.count('marker'))).toEqual([0, 0, 0, 0, 0])
    await store.client.config('SET', 'maxmemory', '0')
    await ready(server)
    await until('all is saved', 10_000, () => writers.every((one) => one.count('marker') === 1))
    expect(linesOf(server, 'an append failed, it is tried again')).toHaveLength(1)
  },
)
