import { afterAll, expect, test } from 'vitest'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { RedisLink } from '../../src/redis/link.ts'
import { readPlace } from '../../src/redis/read-place.ts'
import { until, within } from '../support/deadline.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { type SentinelGroup, startSentinels } from '../support/sentinel.ts'

const PASSWORD = 'secret-of-redis'
const OF_SENTINELS = 'secret-of-sentinels'
let group: SentinelGroup
afterAll(() => group?.stop())

test('[R10] a node follows the master that the Sentinels name, after a failover the next one', async () => {
  group = await startSentinels({ password: PASSWORD, sentinelPassword: OF_SENTINELS })
  const [, url, , sentinels] = group.flags as [string, string, string, string]
  const logger = new RecordedLog()
  const place = readPlace(url, {
    redisPassword: PASSWORD,
    redisPasswordFile: null,
    redisCa: null,
    // The first one is not there.
    redisSentinel: `127.0.0.1:1,${sentinels}`,
    redisMaster: null,
    redisSentinelPassword: OF_SENTINELS,
  })
  const link = new RedisLink({ place, random: SYSTEM_RANDOM, logger })
  try {
    await within('the link', 10_000, link.whenReady())
    await link.call('SET', 'a', '1')
    const before = group.servers[0] as SentinelGroup['servers'][number]
    expect(await before.client.get('a')).toBe('1')
    const heard: string[] = []
    await link.channels.listen('news', (message) => heard.push(String(message)))

    await before.kill()
    const after = await group.failedOver(before)
    await until('the new master is written to', 10_000, async () => {
      await link.call('SET', 'a', '2').catch(() => {})
      return (await after.client.get('a')) === '2'
    })
    await until('it is heard', 10_000, async () => {
      await after.client.publish('news', 'x')
      return heard.length > 0
    })
    expect(logger.events.filter((event) => event === 'redis is there again')).toHaveLength(1)
    expect(JSON.stringify(logger.lines)).not.toMatch(/secret-of/)
  } finally {
    await link.close()
  }
}, 120_000)
