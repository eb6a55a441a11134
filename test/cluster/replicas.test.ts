import { afterAll, beforeAll, expect, test } from 'vitest'
import { entityRef } from '../../src/core/ids.ts'
import { DEFAULT_PACES } from '../../src/core/limits.ts'
import { RedisLog } from '../../src/log/redis.ts'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { RedisLink } from '../../src/redis/link.ts'
import { readRedisUrl } from '../../src/redis/place.ts'
import { Replicas } from '../../src/redis/replicas.ts'
import { entry } from '../contract/store.ts'
import { Cluster } from '../support/cluster.ts'
import { until } from '../support/deadline.ts'
import { RecordedLog } from '../support/recorded-log.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { DEADLINE, perform, Stage } from '../support/stage.ts'

/** So long a replica that is there has on a busy machine; it is waited out three times. */
const WAIT = 2_000
const { key } = entityRef('default' as never, 'a' as never)
let master: RedisServer
let copies: RedisServer[]
beforeAll(async () => {
  master = await startRedis(['--repl-diskless-sync-delay', '0'])
  const following = ['--replicaof', '127.0.0.1', String(master.port)]
  copies = await Promise.all([startRedis(following), startRedis(following)])
  await until('the replicas follow', 10_000, async () => {
    return ((await master.client.info('replication')).match(/state=online/g)?.length ?? 0) === 2
  })
})
afterAll(async () => {
  for (const copy of copies) await copy.stop()
  await master.stop()
})

test('[R4] an append says how many replicas have it, and waits no longer than it may', async () => {
  const place = readRedisUrl(master.url)
  const logger = new RecordedLog()
  const link = new RedisLink({ place, random: SYSTEM_RANDOM, logger })
  const replicas = new Replicas({
    place,
    random: SYSTEM_RANDOM,
    channel: link.names.trial,
    wanted: 2,
    wait: WAIT,
  })
  const log = new RedisLog(link, {
    clock: SYSTEM_CLOCK,
    random: SYSTEM_RANDOM,
    logger,
    limits: { setAsideBytes: 1_000 },
    paces: DEFAULT_PACES,
    tier: () => 'memory',
    replicated: () => replicas.confirm(),
  })
  const [first, second] = copies as [RedisServer, RedisServer]
  let count = 0
  const append = () => log.append(key, entry(`e${count++}`))
  const waits = async () => {
    const stats = await master.client.info('commandstats')
    return Number(/cmdstat_wait:calls=(\d+)/.exec(stats)?.[1] ?? 0)
  }
  try {
    await link.whenReady()
    await until('both have it', 10_000, async () => (await append()).replicas === 2)
    expect(replicas.lastShort).toBe(null)

    // Stopped, not gone: its connection stands, and a WAIT that covers nothing would count it.
    first.signal('SIGSTOP')
    const appended = await append()
    expect(appended).toMatchObject({ tier: 'memory', replicas: 1 })
    expect([replicas.answered, replicas.lastShort]).toEqual([1, 1])
    second.signal('SIGSTOP')
    expect((await append()).replicas).toBe(0)
    for (const copy of copies) copy.signal('SIGCONT')
    await until('both have it again', 10_000, async () => (await append()).replicas === 2)
    expect(replicas.lastShort).toBe(null)

    // One WAIT for all that were answered meanwhile.
    const before = await waits()
    const other = (i: number) => entityRef('default' as never, `b${i}` as never).key
    const many = Array.from({ length: 200 }, (_, i) => log.append(other(i), entry(`b${i}`)))
    expect(new Set((await Promise.all(many)).map((one) => one.replicas))).toEqual(new Set([2]))
    expect((await waits()) - before).toBeLessThan(100)
  } finally {
    replicas.close()
    await log.close()
    await link.close()
  }
}, 60_000)

test('[R4] replicas of a master that was replaced do not count', async () => {
  const other = await startRedis()
  try {
    await perform(new Stage(null, 0, DEADLINE), async (stage) => {
      const flags = ['--redis-replicas', '2', '--pace-replicas', `${WAIT}ms`]
      const cluster = await Cluster.start(stage, { nodes: 1, redis: master, flags })
      const node = cluster.node(0)
      const client = stage.stock('3.1.0', stage.entity(), { door: node.door })
      await client.synced()
      const answered = async (count: number) => {
        client.doc.getArray('a').push([0])
        return (await node.metrics()).sum('redis_replicas') === count
      }
      await until('both have it', 30_000, () => answered(2))
      // Its other connections end, and find another Redis where the master was.
      node.back.plugInto(other.port)
      const clients = String(await master.client.client('LIST')).split('\n')
      const own = String(await master.client.client('ID'))
      for (const line of clients) {
        const [, id] = /^id=(\d+) /.exec(line) ?? []
        if (id === undefined || id === own || /flags=S|cmd=wait/.test(line)) continue
        await master.client.client('KILL', 'ID', id)
      }
      await until('it writes to the other', 30_000, async () => {
        client.doc.getArray('a').push([1])
        return (await other.client.dbsize()) > 3
      })
      await until('nobody confirms it', 30_000, () => answered(0))
    })
  } finally {
    await other.stop()
  }
}, 60_000)
