// What the log in Redis costs, by Redis' own account: CPU by `INFO cpu`, memory by `INFO memory`.
//
//   node scripts/build.mjs --if-stale && node scripts/redis-cost.mjs
//
// Starts a redis-server of its own. Figures of docs/decisions/012-the-log-in-redis.md.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { DEFAULT_PACES } from '../dist/core/limits.js'
import { SILENT } from '../dist/core/logger.js'
import { RedisLog } from '../dist/log/redis.js'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../dist/ops/system.js'
import { RedisLink } from '../dist/redis/link.js'
import { readRedisUrl } from '../dist/redis/place.js'
import { RedisSnapshots } from '../dist/snapshots/redis.js'

const PORT = Number(process.argv[2] ?? 6_390)
const APPENDS = 20_000

const folder = mkdtempSync(join(tmpdir(), 'tributary-cost-'))
const child = spawn(
  'redis-server',
  ['--port', String(PORT), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
  { stdio: 'ignore' },
)
const redis = new Redis({ port: PORT, host: '127.0.0.1', retryStrategy: () => 100 })
redis.on('error', () => {})
await new Promise((resolve) => redis.once('ready', resolve))

/** @type {(section: string, name: string) => Promise<number>} */
const info = async (section, name) =>
  Number(new RegExp(`^${name}:(.+?)\\r?$`, 'm').exec(await redis.info(section))?.[1])
const cpu = async () =>
  (await info('cpu', 'used_cpu_user_main_thread')) + (await info('cpu', 'used_cpu_sys_main_thread'))
/** @type {(what: string, count: number, work: () => Promise<unknown>) => Promise<void>} */
async function each(what, count, work) {
  const [before, began] = [await cpu(), performance.now()]
  await work()
  const [us, ms] = [((await cpu()) - before) * 1e6, performance.now() - began]
  console.log(
    `${what}: ${(us / count).toFixed(1)} µs of Redis CPU each, ${ms.toFixed(0)} ms in all`,
  )
}
/** @type {(count: number, atOnce: number, one: (i: number) => Promise<unknown>) => Promise<void>} */
async function spread(count, atOnce, one) {
  for (let i = 0; i < count; i += atOnce) {
    const length = Math.min(atOnce, count - i)
    await Promise.all(Array.from({ length }, (_, j) => one(i + j)))
  }
}

async function node() {
  const link = new RedisLink({
    place: readRedisUrl(`redis://127.0.0.1:${PORT}`),
    random: SYSTEM_RANDOM,
    logger: SILENT,
  })
  await link.whenReady()
  const log = new RedisLog(link, {
    clock: SYSTEM_CLOCK,
    random: SYSTEM_RANDOM,
    logger: SILENT,
    limits: { setAsideBytes: 1e6 },
    paces: DEFAULT_PACES,
    tier: () => 'memory',
  })
  const snapshots = new RedisSnapshots(link, { random: SYSTEM_RANDOM })
  return { link, log, snapshots }
}
/** @type {(one: Awaited<ReturnType<typeof node>>) => Promise<void>} */
async function close({ log, link }) {
  await log.close()
  await link.close()
}
const RECORD = Buffer.alloc(130, 7)
const key = (/** @type {number} */ i) => /** @type {any} */ (`default/board-${i}`)
/** @type {(id: string, bytes?: number) => any} */
const entry = (id, bytes = 60) => ({
  id: `k3v9x0q2.${id}`,
  authors: [{ actor: 'anonymous', session: 'sXk2m9', clients: [1_234_567_890] }],
  origin: 'session',
  time: Date.now(),
  update: new Uint8Array(bytes).fill(7),
})
const sink = { entry() {}, reset() {} }
/** @type {any} */
const ORIGIN = { epoch: '0.', offset: 0, check: '0000000000000000' }

try {
  const one = await node()
  const two = await node()
  console.log(
    `redis ${await redis.info('server').then((text) => /redis_version:(\S+)/.exec(text)?.[1])}`,
  )
  /** @type {(what: string) => Promise<void>} */
  const appends = (what) =>
    each(what, APPENDS, () =>
      spread(APPENDS, 50, (i) => one.log.append(key(i % 1000), entry(`${what}${i}`))),
    )
  await spread(1_000, 50, (i) => redis.xadd(`x-${i}`, '1-0', 'c', '0123456789abcdef', 'r', RECORD))
  await each('XADD of the same bytes', APPENDS, () =>
    spread(APPENDS, 50, (i) => {
      const id = `${2 + Math.floor(i / 1000)}-0`
      return redis.xadd(`x-${i % 1000}`, id, 'c', '0123456789abcdef', 'r', RECORD)
    }),
  )
  await appends('append, the first ones')
  await appends('append, nobody listens')
  for (const { log } of [one, two]) {
    await spread(1_000, 50, (i) => log.subscribe(key(i), ORIGIN, sink))
    await appends(log === one.log ? 'append, this node listens' : 'append, two nodes listen')
  }
  await one.log.append(key(5), entry('again'))
  for (let i = 0; i < 63; i++) await one.log.append(key(5), entry(`x${i}`))
  await each('the same entry again, 63 behind', 2_000, () =>
    spread(2_000, 1, () => one.log.append(key(5), entry('again'))),
  )
  await each('append of 32 KB, two nodes listen', 2_000, () =>
    spread(2_000, 20, (i) => one.log.append(key(i % 1000), entry(`l${i}`, 32_768))),
  )
  await close(one)
  await redis.flushall()

  const three = await node()
  const idle = 100_000
  const used = () => info('memory', 'used_memory')
  /** @type {(what: string, since: number) => Promise<void>} */
  const weighed = async (what, since) =>
    console.log(
      `${idle} entities of 1 KB, ${what}: ${(((await used()) - since) / idle).toFixed(0)} B each`,
    )
  const before = await used()
  await spread(idle, 100, async (i) => {
    const { position } = await three.log.append(key(i), entry('1'))
    const snapshot = {
      position,
      update: new Uint8Array(randomBytes(1_024)),
      stateVector: new Uint8Array(12),
      deleteSet: new Uint8Array(8),
      index: new Uint8Array(16),
      depth: 3,
    }
    await three.snapshots.commit(key(i), snapshot, null)
  })
  await weighed('one generation, one entry', before)
  const names = three.link.names.keys(key(1))
  console.log(`  of it the snapshot: ${await redis.memory('USAGE', names.snapshots)} B`)
  const began = performance.now()
  await spread(idle, 100, (i) => three.snapshots.rest(key(i)))
  await weighed('come to rest: both generations, the stream empty', before)
  console.log(`  that took ${((performance.now() - began) / idle).toFixed(2)} ms each`)
  for (const [what, name] of Object.entries(names)) {
    console.log(`  ${what}: ${(await redis.memory('USAGE', name)) ?? 0} B`)
  }
  console.log(`  ${(await redis.dbsize()) / idle} keys each`)
  await redis.flushall()

  const [clean, open] = [await info('memory', 'used_memory'), 50_000]
  await each('SUBSCRIBE, 500 at once', open, async () => {
    await spread(open, 500, (i) =>
      two.link.channels.listen(two.link.names.channel(key(i)), () => {}),
    )
  })
  console.log(`a channel: ${(((await used()) - clean) / open).toFixed(0)} B`)
  for (const each of [two, three]) await close(each)
} finally {
  redis.disconnect()
  const exit = once(child, 'exit')
  child.kill()
  await exit
  rmSync(folder, { recursive: true, force: true })
}
