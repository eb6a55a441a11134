import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Clock, Random } from '../../src/core/clock.ts'
import type { Tier } from '../../src/core/tier.ts'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { identityOfRedis } from '../../src/redis/identity.ts'
import { RedisLink } from '../../src/redis/link.ts'
import { readRedisUrl } from '../../src/redis/place.ts'
import { Standing } from '../../src/redis/standing.ts'
import { watchRedis } from '../../src/redis/watch.ts'
import { until, within } from '../support/deadline.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

let server: RedisServer
const closing: (() => unknown)[] = []
beforeAll(async () => {
  server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always'])
})
afterAll(() => server.stop())
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A clock of which the next look is due when the test says so. */
class Looks implements Pick<Clock, 'after'> {
  readonly waits: number[] = []
  #due: (() => void) | null = null

  after(ms: number, fn: () => void): () => void {
    this.waits.push(ms)
    this.#due = fn
    return () => {
      this.#due = null
    }
  }

  /** Resolves when it has looked. */
  async look(): Promise<void> {
    const before = this.waits.length
    this.#due?.()
    await until('it has looked', 5_000, () => this.waits.length > before)
  }
}

function open(
  options: { url?: string; declared?: Tier; replicas?: number; random?: Pick<Random, 'next'> } = {},
) {
  const logger = new RecordedLog()
  const { declared = null, replicas = 0, url = server.url, random = SYSTEM_RANDOM } = options
  const standing = new Standing({ declared, replicas, logger })
  const failures: string[] = []
  const link = new RedisLink({
    place: readRedisUrl(url),
    random,
    logger,
    examine: (ask) => standing.examine(ask),
    onFailure: (failure) => failures.push(failure),
  })
  const clock = new Looks()
  closing.push(watchRedis(link, clock), () => link.close())
  const events = (event: string) =>
    logger.lines.filter(([, name]) => name === event).map(([, , fields]) => fields)
  return { link, standing, clock, logger, failures, events }
}

const connectionsOf = async ({ client }: RedisServer): Promise<number> =>
  Number(/total_connections_received:(\d+)/.exec(await client.info('stats'))?.[1])

const ready = (link: RedisLink) => within('the link', 5_000, link.whenReady())

describe('[R3] the tier of a running Redis', () => {
  test('is known before the link is ready, and a change is noticed and told once', async () => {
    const { link, standing, clock, events } = open()
    await ready(link)
    expect(standing.tier).toBe('disk')
    await server.client.config('SET', 'appendfsync', 'no')
    await clock.look()
    expect(standing.tier).toBe('process')
    await clock.look()
    await server.client.config('SET', 'appendfsync', 'everysec')
    await clock.look()
    expect(standing.tier).toBe('memory')
    await server.client.config('SET', 'appendfsync', 'always')
    await clock.look()
    expect(standing.tier).toBe('disk')
    expect(events('durability tier of redis')).toEqual([
      { tier: 'disk', before: null, why: 'appendfsync always' },
      { tier: 'process', before: 'disk', why: 'appendfsync no' },
      { tier: 'memory', before: 'process', why: 'appendfsync everysec' },
      { tier: 'disk', before: 'memory', why: 'appendfsync always' },
    ])
    expect(new Set(clock.waits.slice(1))).toEqual(new Set([10_000]))
  })

  test('is found before anything else is asked, whatever is there', async () => {
    let looked = () => {}
    const link = new RedisLink({
      place: readRedisUrl(server.url),
      random: SYSTEM_RANDOM,
      logger: new RecordedLog(),
      examine: async (ask) => {
        await ask('PING')
        await new Promise<void>((resolve) => {
          looked = resolve
        })
      },
    })
    closing.push(() => link.close())
    const before = looked
    await until('it is looked at', 5_000, () => looked !== before)
    const denied = { code: 'storage', message: expect.stringMatching(/no connection/) }
    await expect(link.call('PING')).rejects.toMatchObject(denied)
    await expect(link.run('take-job', ['a', 'b'], [])).rejects.toMatchObject(denied)
    await expect(link.info()).rejects.toMatchObject(denied)
    expect(await link.publish([['c', Buffer.from('m')]])).toBe(0)
    looked()
    await ready(link)
    expect(String(await link.call('PING'))).toBe('PONG')
  })

  test('[R2] which may not be read', async () => {
    await server.client.acl('SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-config')
    const url = server.url.replace('//', '//app:secret@')
    const one = open({ url })
    await ready(one.link)
    expect([one.standing.tier, one.standing.declared]).toEqual(['memory', false])
    expect(one.standing.weaknesses).toContainEqual(expect.stringContaining('configuration'))
    const other = open({ url, declared: 'disk' })
    await ready(other.link)
    expect([other.standing.tier, other.standing.declared]).toEqual(['disk', true])
  })
})

describe('[R16] a Redis that does not say who it is', () => {
  const asks = async (url: string) => {
    const { link, standing, clock, failures, events } = open({ url })
    await ready(link)
    expect(await identityOfRedis(link)).toBe(null)
    await clock.look()
    expect(link.trouble).toBe(null)
    expect(failures).toEqual([])
    expect(events('redis cannot be reached')).toEqual([])
    expect(standing.weaknesses).toContainEqual(expect.stringContaining('(INFO)'))
  }

  test('because this user may not ask', async () => {
    await server.client.acl('SETUSER', 'blind', 'on', '>secret', '~*', '&*', '+@all', '-info')
    await asks(server.url.replace('//', '//blind:secret@'))
  })

  test('because it has no such command', async () => {
    const own = await startRedis(['--rename-command', 'INFO', ''])
    closing.push(() => own.stop())
    await asks(own.url)
  })

  test('is none that does', async () => {
    const { link } = open()
    await ready(link)
    const identity = await identityOfRedis(link)
    expect(identity).toMatchObject({ role: 'master' })
    expect(identity?.history).toMatch(/^[0-9a-f]{40} [0-9a-f]{40}$/)
  })
})

describe('[R6] a weakness', () => {
  test('is told once, and is gone when it is', async () => {
    const { link, standing, clock, events } = open()
    await ready(link)
    const before = standing.weaknesses
    await server.client.config('SET', 'maxmemory-policy', 'allkeys-lru')
    await clock.look()
    await clock.look()
    const isNew = standing.weaknesses.filter((one) => !before.includes(one))
    expect(isNew).toEqual([expect.stringContaining('allkeys-lru')])
    await server.client.config('SET', 'maxmemory-policy', 'noeviction')
    await clock.look()
    expect(standing.weaknesses).toEqual(before)
    const told = events('a weakness of redis').map(({ why }) => why)
    expect(told).toEqual([...before, ...isNew])
  })
})

describe('[R5] [R8] a Redis that cannot be ours', () => {
  test('because it is a replica is told once and tried slowly, until it is none', async () => {
    const own = await startRedis()
    closing.push(() => own.stop())
    const { link, events } = open({ url: own.url, random: { next: () => 0.5 } })
    await ready(link)
    const timers = vi.spyOn(globalThis, 'setTimeout')
    closing.push(() => timers.mockRestore())
    await own.client.replicaof('127.0.0.1', 1)
    await link.examine()
    expect(link.state.is).toBe('connecting')
    expect(link.trouble).toMatch(/is a replica of 127\.0\.0\.1:1/)
    await expect(link.call('GET', 'a')).rejects.toMatchObject({ code: 'storage' })
    // 38 ms, then twice as much each time.
    await until('the fourth try waits its time', 20_000, () =>
      timers.mock.calls.some(([, ms]) => ms === 300),
    )
    expect(link.state.is).toBe('connecting')
    await own.client.replicaof('NO', 'ONE')
    await ready(link)
    expect(link.trouble).toBe(null)
    expect(events('redis cannot be reached')).toHaveLength(1)
    expect(events('redis is there again')).toHaveLength(1)
  })

  test('because it has no such database', async () => {
    const { link, events } = open({ url: `${server.url}/99` })
    const states = new Set<string>()
    link.onState(({ is }) => states.add(is))
    const before = await connectionsOf(server)
    await until('it is tried again', 5_000, async () => (await connectionsOf(server)) > before + 3)
    expect([...states]).toEqual(['connecting'])
    expect(events('redis cannot be reached')).toHaveLength(1)
    expect(link.trouble).toMatch(/DB index is out of range/)
  })

  test('because the password is wrong', async () => {
    const { link, logger } = open({ url: server.url.replace('//', '//app:wrong-one@') })
    await until('it is told', 5_000, () => logger.lines.length > 0)
    expect(link.trouble).toMatch(/WRONGPASS/)
    expect(JSON.stringify(logger.lines)).not.toContain('wrong-one')
  })
})

describe('[R9] a Redis that takes nothing', () => {
  test('because it is full is trouble until something was written', async () => {
    const { link, clock, failures } = open()
    await ready(link)
    expect(link.trouble).toBe(null)
    await server.client.config('SET', 'maxmemory', '1')
    try {
      // Nobody writes: it is tried.
      await clock.look()
      expect(link.trouble).toMatch(/Redis is full/)
      expect(failures).toEqual(['full'])
      await clock.look()
      expect(clock.waits.slice(-2)).toEqual([1_000, 1_000])
    } finally {
      await server.client.config('SET', 'maxmemory', '0')
    }
    await clock.look()
    expect(link.trouble).toBe(null)
    expect(clock.waits.at(-1)).toBe(10_000)
  })

  test('because too few replicas are there', async () => {
    const { link, clock } = open()
    await ready(link)
    await server.client.config('SET', 'min-replicas-to-write', '1')
    try {
      await clock.look()
      expect(link.trouble).toMatch(/too few replicas/)
    } finally {
      await server.client.config('SET', 'min-replicas-to-write', '0')
    }
    await clock.look()
    expect(link.trouble).toBe(null)
  })
})
