import { expect } from 'vitest'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { RedisLink } from '../../src/redis/link.ts'
import { readPlace } from '../../src/redis/read-place.ts'
import { until, within } from '../support/deadline.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { type SentinelGroup, startSentinels } from '../support/sentinel.ts'
import { ownStageTest } from '../support/stage.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'

const PASSWORD = 'secret-of-redis'
const OF_SENTINELS = 'secret-of-sentinels'
const SECRETS = { password: PASSWORD, sentinelPassword: OF_SENTINELS }
type Server = SentinelGroup['servers'][number]

/** What a node has, as far as it goes. */
function linkOf(group: SentinelGroup, logger: RecordedLog, before = ''): RedisLink {
  const [, url, , sentinels] = group.flags as [string, string, string, string]
  const place = readPlace(url, {
    redisPassword: PASSWORD,
    redisPasswordFile: null,
    redisCa: null,
    redisSentinel: `${before}${sentinels}`,
    redisMaster: null,
    redisSentinelPassword: OF_SENTINELS,
  })
  return new RedisLink({ place, random: SYSTEM_RANDOM, logger })
}

ownStageTest(
  '[R10] a node follows the master that the Sentinels name, after a failover the next one',
  async (stage) => {
    const group = await startSentinels(SECRETS)
    stage.atEnd(() => group.stop())
    const logger = new RecordedLog()
    // The first one is not there.
    const link = linkOf(group, logger, '127.0.0.1:1,')
    stage.atEnd(() => link.close())
    await within('the link', 10_000, link.whenReady())
    await link.call('SET', 'a', '1')
    const before = group.servers[0] as Server
    expect(await before.client.get('a')).toBe('1')
    const heard: string[] = []
    await link.channels.listen('news', (message) => heard.push(String(message)))

    await before.kill()
    const after = await group.failedOver(before)
    await until('the new master is written to', 30_000, async () => {
      await link.call('SET', 'a', '2').catch(() => {})
      return (await after.client.get('a')) === '2'
    })
    await until('it is heard', 30_000, async () => {
      await after.client.publish('news', 'x')
      return heard.length > 0
    })
    expect(logger.events.filter((event) => event === 'redis is there again')).toHaveLength(1)
    expect(JSON.stringify(logger.lines)).not.toMatch(/secret-of/)
  },
  { timeout: 120_000, concurrent: true },
)

/** Whoever is connected with it and is no node is cut off, and nobody comes to it any more. */
async function leaveToNodes(wire: TcpProxy, master: Server): Promise<void> {
  wire.plugInto(null)
  const clients = String(await master.client.client('LIST')).split('\n')
  for (const client of clients) {
    if (!client.includes('name=tributary'))
      wire.freezeFrom(Number(/ addr=[\d.]+:(\d+)/.exec(client)?.[1]))
  }
}

ownStageTest(
  '[R10] of a master that was replaced, and answers all the same, it lets go as soon as a Sentinel says so',
  async (stage) => {
    let wire: TcpProxy | undefined
    const wireTo = async (port: number) => {
      wire = await stage.proxy(port)
      return wire.port
    }
    const group = await startSentinels({ ...SECRETS, wireTo })
    stage.atEnd(() => group.stop())
    const link = linkOf(group, new RecordedLog())
    stage.atEnd(() => link.close())
    await within('the link', 10_000, link.whenReady())
    const before = group.servers[0] as Server
    await leaveToNodes(wire as TcpProxy, before)
    await link.call('SET', 'a', '1')
    const after = await group.failedOver(before)
    expect(await before.client.get('a')).toBe('1')
    await until('the new master is written to', 30_000, async () => {
      await link.call('SET', 'a', '2').catch(() => {})
      return (await after.client.get('a')) === '2'
    })
  },
  { timeout: 120_000, concurrent: true },
)
