import { afterAll, beforeAll, expect, test } from 'vitest'
import { SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { RedisLink } from '../../src/redis/link.ts'
import { readRedisUrl } from '../../src/redis/place.ts'
import { until } from '../support/deadline.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

let server: RedisServer
let link: RedisLink
beforeAll(async () => {
  server = await startRedis()
  const place = readRedisUrl(server.url)
  link = new RedisLink({ place, random: SYSTEM_RANDOM, logger: new RecordedLog() })
  await link.whenReady()
})
afterAll(async () => {
  await link.close()
  await server.stop()
})

/** How often Redis has read something from anybody. */
async function reads(): Promise<number> {
  const info = await server.client.info('stats')
  return Number(/^total_reads_processed:(\d+)/m.exec(info)?.[1])
}

test('what is said to Redis within one turn comes in one piece', async () => {
  const before = await reads()
  const all = Array.from({ length: 100 }, (_, i) => link.call('RPUSH', 'list', i))
  await Promise.all(all)
  // Asking is a read too.
  expect((await reads()) - before).toBe(2)
  expect(await server.client.lrange('list', 0, -1)).toEqual([...all.keys()].map(String))
})

test('what is said in the next turn does not wait for more', async () => {
  for (let turn = 0; turn < 3; turn++)
    expect(await link.call('ECHO', turn)).toEqual(Buffer.from(`${turn}`))
  await server.kill()
  await until('it is noticed', 5_000, () => link.state.is === 'connecting')
  await server.restart()
  await link.whenReady()
  // Another connection by now.
  const before = await reads()
  await Promise.all([link.call('PING'), link.call('PING')])
  expect((await reads()) - before).toBe(2)
})
