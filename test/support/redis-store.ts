import { crc32 } from 'node:zlib'
import type { Redis } from 'ioredis'
import type { Clock } from '../../src/core/clock.ts'
import type { EntityKey } from '../../src/core/ids.ts'
import { type Logger, SILENT } from '../../src/core/logger.ts'
import { RedisLog } from '../../src/log/redis.ts'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { RECORD_HEAD, unseal } from '../../src/record/record.ts'
import { RedisLink } from '../../src/redis/link.ts'
import { Names } from '../../src/redis/names.ts'
import { readRedisUrl } from '../../src/redis/place.ts'
import { RedisSnapshots } from '../../src/snapshots/redis.ts'
import { SET_ASIDE_BYTES, type TestStore } from '../contract/store.ts'
import { until } from './deadline.ts'
import type { RedisServer } from './redis-server.ts'

export const NAMES = new Names('tributary:', 0)

/** One node, as far as log and snapshots go. */
export interface Node {
  readonly link: RedisLink
  readonly log: RedisLog
  readonly snapshots: RedisSnapshots
  readonly damaged: EntityKey[]
  close(): Promise<void>
}

export interface NodeOptions {
  readonly logger?: Logger
  /** In ms. Far apart, unless a test is about it: the audit makes good what others should. */
  readonly audit?: number
  readonly clock?: Clock
  /** In the place of the link's own. */
  readonly names?: Names
}

/** As of this prefix, but what is appended is told to nobody. */
export const SILENT_NAMES = new (class extends Names {
  override channel(): string {
    return 'nobody listens here'
  }
})('tributary:', 0)

export async function openNode(
  url: string,
  { logger = SILENT, audit = 600_000, clock = SYSTEM_CLOCK, names }: NodeOptions = {},
): Promise<Node> {
  const link = new RedisLink({ place: readRedisUrl(url), random: SYSTEM_RANDOM, logger })
  if (names !== undefined) Object.assign(link, { names })
  await link.whenReady()
  const log = new RedisLog(link, {
    clock,
    random: SYSTEM_RANDOM,
    logger,
    limits: { setAsideBytes: SET_ASIDE_BYTES },
    paces: { audit },
    tier: () => 'memory',
  })
  // What befalls Redis next is the test's, and must not be found by the audit that a start begins with.
  await until('the first audit', 30_000, () => log.steadySince !== null, 1)
  const damaged: EntityKey[] = []
  const snapshots = new RedisSnapshots(link, {
    random: SYSTEM_RANDOM,
    damaged: (entity) => damaged.push(entity),
  })
  const close = async () => {
    await log.close()
    await link.close()
  }
  return { link, log, snapshots, damaged, close }
}

/** The Redis adapters as the contract suites want them, on a server that is emptied first. */
export async function openRedisStore(server: RedisServer): Promise<TestStore> {
  const { client, url } = server
  await client.flushall()
  let now = await openNode(url)
  const whileClosed = async (work: () => Promise<void>) => {
    await now.close()
    await work()
    now = await openNode(url)
  }
  return {
    get log() {
      return now.log
    },
    get snapshots() {
      return now.snapshots
    },
    reopen: () => whileClosed(async () => {}),
    async backup() {
      let copy = new Map<Buffer, Buffer>()
      await whileClosed(async () => {
        copy = await dump(client)
      })
      return () =>
        whileClosed(async () => {
          await client.flushall()
          for (const [key, value] of copy) await client.restore(key, 0, value)
        })
    },
    spoilEntry: (entity, offset, how = 'flip') =>
      whileClosed(() => spoilEntry(client, entity, offset, how)),
    spoilSnapshot: (entity) => whileClosed(() => spoilSnapshot(client, entity)),
    close: () => now.close(),
  }
}

/** What is there of an entity now. @returns what puts it back, whatever has become of it since. */
export async function keptCopy(client: Redis, entity: EntityKey): Promise<() => Promise<void>> {
  const keys = Object.values(NAMES.keys(entity)) as string[]
  const copy = await Promise.all(keys.map((name) => client.dumpBuffer(name)))
  return async () => {
    const all = client.multi()
    for (const [i, name] of keys.entries()) {
      const value = copy[i]
      if (value == null) all.del(name)
      else all.restore(name, 0, value, 'REPLACE')
    }
    await all.exec()
  }
}

async function dump(client: Redis): Promise<Map<Buffer, Buffer>> {
  const copy = new Map<Buffer, Buffer>()
  for (const key of await client.keysBuffer('*')) {
    const value = await client.dumpBuffer(key)
    if (value !== null) copy.set(key, value)
  }
  return copy
}

/** A stream is written anew with one entry changed: Redis has no command that changes one. */
async function spoilEntry(
  client: Redis,
  entity: EntityKey,
  offset: number,
  how: 'flip' | 'later-version',
): Promise<void> {
  const { stream } = NAMES.keys(entity)
  const rows = await client.xrangeBuffer(stream, '-', '+')
  const row = rows.find(([id]) => id.toString() === `${offset}-0`)
  const record = row?.[1][3]
  if (record === undefined) throw new Error(`no entry ${offset} of ${entity}`)
  if (how === 'flip') record[record.length - 6] = (record.at(-6) as number) ^ 0x10
  else asOfLaterVersion(record)
  await client.del(stream)
  for (const [id, fields] of rows) await client.xadd(stream, id, ...fields)
}

/** A must-understand bit that this version does not know, under a right checksum. */
function asOfLaterVersion(record: Buffer): void {
  record[1] = 0x80
  record.writeUInt32LE(crc32(record.subarray(0, -4)), record.length - 4)
}

/** A byte of the newest snapshot flips that is still whole. */
async function spoilSnapshot(client: Redis, entity: EntityKey): Promise<void> {
  const { snapshots } = NAMES.keys(entity)
  for (const field of ['n', 'o']) {
    const record = await client.hgetBuffer(snapshots, field)
    if (record === null || typeof unseal(record) === 'string') continue
    record[RECORD_HEAD + 50] = (record[RECORD_HEAD + 50] as number) ^ 1
    await client.hset(snapshots, field, record)
    return
  }
  throw new Error(`no whole snapshot of ${entity}`)
}
