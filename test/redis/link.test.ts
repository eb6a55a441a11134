import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { connectionOptions, retryAfter } from '../../src/redis/connection-options.ts'
import { type LinkState, RedisLink } from '../../src/redis/link.ts'
import { readRedisUrl } from '../../src/redis/place.ts'
import { until, within } from '../support/deadline.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function serve(): Promise<RedisServer> {
  const server = await startRedis()
  closing.push(() => server.stop())
  return server
}

function open(url: string) {
  const logger = new RecordedLog()
  const link = new RedisLink({ place: readRedisUrl(url), random: SYSTEM_RANDOM, logger })
  const states: LinkState['is'][] = []
  link.onState((state) => states.push(state.is))
  closing.push(() => link.close())
  return { link, logger, states }
}

/** A port that nobody listens on. */
const DEAD = 'redis://127.0.0.1:1'

describe('[L58] the link to Redis', () => {
  test('answers at once that there is none, and says why', async () => {
    const { link, logger } = open(DEAD)
    const ready = link.whenReady()
    await until('the first try has failed', 5_000, () => {
      return link.state.is === 'connecting' && link.state.error !== null
    })
    const call = link.call('PING')
    await expect(within('an answer', 100, call)).rejects.toMatchObject({ code: 'storage' })
    const listening = link.channels.listen('c', () => {})
    await expect(within('an answer', 100, listening)).rejects.toThrow()
    expect(link.channels.size).toBe(0)
    // Of many tries one line for each connection at most.
    await until('it has tried again', 5_000, () => logger.lines.length > 0)
    expect(logger.lines.length).toBeLessThanOrEqual(2)
    const refused = expect(ready).rejects.toMatchObject({ code: 'draining' })
    await within('the end', 10_000, link.close())
    await refused
    await link.close()
  })

  test('comes back by itself, with all channels, and says so', async () => {
    const server = await serve()
    const { link, states } = open(server.url)
    await link.whenReady()
    const heard: string[] = []
    const leave = await link.channels.listen('one', (message) => heard.push(String(message)))
    await link.channels.listen('two', (message) => heard.push(String(message)))
    let gaps = 0
    link.onState(({ is }) => {
      if (is === 'ready') gaps++
    })
    await server.client.publish('one', 'a')
    await until('it is heard', 5_000, () => heard.length === 1)
    expect(gaps).toBe(0)

    await server.kill()
    await until('it is noticed', 5_000, () => link.state.is === 'connecting')
    await expect(link.call('PING')).rejects.toMatchObject({ code: 'storage' })
    await server.restart()
    await within('the way back', 8_000, link.whenReady())
    const changes = states.filter((state, i) => state !== states[i - 1])
    expect(changes).toEqual(['ready', 'connecting', 'ready'])
    expect(gaps).toBe(1)
    await server.client.publish('two', 'b')
    await until('it is heard', 5_000, () => heard.length === 2)
    leave()
    leave()
    await until('nobody listens', 5_000, async () => {
      return (await server.client.pubsub('CHANNELS', '*')).toString() === 'two'
    })
  })

  test('what is under way fails with its connection', async () => {
    const server = await serve()
    const { link } = open(server.url)
    await link.whenReady()
    const waiting = link.call('BLPOP', 'nothing', 0)
    const failed = expect(waiting).rejects.toMatchObject({ code: 'storage' })
    await until('it waits', 5_000, async () => {
      return String(await server.client.client('LIST')).includes('cmd=blpop')
    })
    await server.kill()
    await within('an answer', 10_000, failed)
  })

  test('a wrong password is an error that does not show it', async () => {
    const server = await serve()
    await server.client.config('SET', 'requirepass', 'right')
    const { link, logger } = open(server.url.replace('//', '//:wrong-secret@'))
    await until('it is refused', 5_000, () => {
      return link.state.is === 'connecting' && link.state.error !== null
    })
    await until('it is told', 5_000, () => logger.lines.length > 0)
    expect(JSON.stringify(logger.lines)).toMatch(/WRONGPASS|NOAUTH/)
    expect(inspect(logger.lines, { depth: 10 })).not.toContain('wrong-secret')
    const right = open(server.url.replace('//', '//:right@'))
    await within('the way in', 5_000, right.link.whenReady())
  })

  test('an error does not show what was to be written', async () => {
    const server = await serve()
    await server.client.set('text', 'text')
    const { link } = open(server.url)
    await link.whenReady()
    const error = await link
      .call('HSET', 'text', 'field', 'what-people-wrote')
      .catch((thrown) => inspect(thrown, { depth: 10 }))
    expect(error).toContain('WRONGTYPE')
    expect(error).not.toContain('what-people-wrote')
  })

  test('leaves no bound open', () => {
    const options = connectionOptions(readRedisUrl(DEAD), SYSTEM_RANDOM)
    expect(options).toMatchObject({
      commandTimeout: 5_000,
      socketTimeout: 6_000,
      connectTimeout: 2_000,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
    })
    expect(options).not.toHaveProperty('keyPrefix')
  })

  test('tries again soon, and not all nodes at the same time', () => {
    const waits = (next: number) =>
      Array.from({ length: 8 }, (_, i) => retryAfter(i + 1, { next: () => next }))
    expect(waits(0)).toEqual([25, 50, 100, 200, 400, 500, 500, 500])
    expect(waits(0.999)).toEqual([50, 100, 200, 400, 800, 1_000, 1_000, 1_000])
    expect(retryAfter(1e9, { next: () => 0 })).toBe(500)
  })
})
