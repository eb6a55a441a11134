import type { Bus } from './bus/bus.ts'
import { LocalBus } from './bus/local.ts'
import { RedisBus } from './bus/redis.ts'
import type { Clock, Random } from './core/clock.ts'
import { TributaryError } from './core/errors.ts'
import type { EntityKey } from './core/ids.ts'
import type { Logger } from './core/logger.ts'
import type { SharedJobs } from './jobs/shared-jobs.ts'
import type { Log } from './log/log.ts'
import { MemoryLog } from './log/memory.ts'
import { RedisLog } from './log/redis.ts'
import { SqliteLog } from './log/sqlite.ts'
import type { Metrics } from './ops/metrics.ts'
import type { Config } from './ops/options.ts'
import { DirtySets } from './queue/dirty-sets.ts'
import { RedisQueue } from './queue/redis.ts'
import { Unattended } from './queue/unattended.ts'
import type { Unreadable } from './record/record.ts'
import type { RedisLink } from './redis/link.ts'
import { Probe } from './redis/probe.ts'
import { readPlace } from './redis/read-place.ts'
import type { Replicas } from './redis/replicas.ts'
import { Standing } from './redis/standing.ts'
import { watchRedis } from './redis/watch.ts'
import { MemorySnapshots } from './snapshots/memory.ts'
import { RedisSnapshots } from './snapshots/redis.ts'
import type { Snapshots } from './snapshots/snapshots.ts'
import { SqliteSnapshots } from './snapshots/sqlite.ts'

/** Where a node keeps what it has acknowledged, and how it speaks with the others who do. */
export interface Store {
  readonly bus: Bus
  readonly log: Log
  readonly snapshots: Snapshots
  /** `null` for a node that is alone. */
  readonly jobs: SharedJobs | null
  /** Why nothing can be made durable now, in one line; `null` when it can. */
  trouble(): string | null
  /** What an operator should know although everything works, each in one line. */
  warnings(): readonly string[]
  /** What a store that loses things says of that; `null` for one that loses nothing. */
  readonly loss: StoreLoss | null
  /** The tier of the log is what an operator says, not what the store does. */
  readonly tierDeclared: boolean
  close(): Promise<void>
}

export interface StoreLoss {
  /** As `RedisLog.steadySince`. */
  steadySince(): number | null
  /** As `RedisLog.safeSince`. */
  safeSince(): number | null
  /** How long the place where an entity would be has been what it is, in ms. @throws `storage`. */
  markAge(entity: EntityKey): Promise<number>
}

export interface StoreParts {
  /** The name of this node. */
  readonly node: string
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Called for each stored snapshot that cannot be used, once. */
  readonly damaged: (entity: EntityKey, why: Unreadable) => void
  /** The built entry files of the threads of SQLite. */
  readonly threads: { readonly writer: URL; readonly reader: URL }
}

/** @throws {TributaryError} `storage`, in one line that names the remedy. */
export async function openStore(config: Config, parts: StoreParts): Promise<Store> {
  if (config.redis !== null) return inRedis(config.redis, config, parts)
  return config.store === 'memory' ? inMemory(config, parts) : inFolder(config, parts)
}

function inMemory(config: Config, parts: StoreParts): Store {
  const log = new MemoryLog({ ...parts, limits: config.limits })
  const snapshots = new MemorySnapshots(log)
  const bus = new LocalBus(parts.node)
  return { bus, log, snapshots, ...SIMPLE, trouble: () => null, close: () => log.close() }
}

/** What says of itself how safe it is, and has no weakness that is not in its tier. */
const SIMPLE = { warnings: () => [], tierDeclared: false, jobs: null, loss: null }

async function inFolder({ data, limits, paces }: Config, parts: StoreParts): Promise<Store> {
  // Neither store is there for everybody: whoever installs the client needs no SQLite. [U61]
  const { openSqlite } = await needing('sqlite', () => import('./sqlite/store.ts'))
  const store = await openSqlite({ folder: data, ...parts })
  const log = new SqliteLog(store, { ...parts, limits, paces })
  return {
    ...SIMPLE,
    bus: new LocalBus(parts.node),
    log,
    snapshots: new SqliteSnapshots(store, parts.damaged),
    trouble: () => store.trouble?.message ?? null,
    async close() {
      await log.close()
      await store.close()
    },
  }
}

/** What a store is built on, and what to do when that is not installed. */
const PACKAGES = {
  sqlite: {
    is: /better-sqlite3/,
    line:
      'keeping things in a data folder needs the package better-sqlite3, which is not installed: ' +
      'npm install better-sqlite3@12 for Node 20, better-sqlite3@13 from Node 22 on ' +
      '(or --store memory, which keeps nothing)',
  },
  redis: {
    is: /ioredis/,
    line: '--redis needs the package ioredis, which is not installed: npm install ioredis@6',
  },
}

/** @throws {TributaryError} `storage`, with the remedy, when the package of that store is missing. */
async function needing<Loaded>(
  store: keyof typeof PACKAGES,
  load: () => Promise<Loaded>,
): Promise<Loaded> {
  try {
    return await load()
  } catch (thrown) {
    const { is, line } = PACKAGES[store]
    const { code, message } = thrown as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' || !is.test(message)) throw thrown
    throw new TributaryError('storage', line, { cause: thrown })
  }
}

/** How long a start waits for a Redis that may be there: the first line should say the tier. */
const FIRST_MS = 2_000

/** It need not be there yet: what needs it fails with `storage` until it is. [R7] */
async function inRedis(url: string, config: Config, parts: StoreParts): Promise<Store> {
  // A node without Redis need not load its client: that is a fifth of a start.
  const [{ RedisLink }, { Replicas }] = await needing('redis', () =>
    Promise.all([import('./redis/link.ts'), import('./redis/replicas.ts')]),
  )
  const { clock, random, logger, metrics } = parts
  const place = readPlace(url, config)
  const standing = new Standing({
    declared: config.redisTier,
    replicas: config.redisReplicas,
    logger,
  })
  const link = new RedisLink({
    place,
    prefix: config.redisPrefix,
    random,
    logger,
    examine: (ask) => standing.examine(ask),
    onFailure: (failure) => metrics.redisFailures.of(failure).add(),
  })
  const replicas =
    config.redisReplicas === 0
      ? null
      : new Replicas({
          place,
          random,
          channel: link.names.trial,
          wanted: config.redisReplicas,
          wait: config.paces.replicas,
        })
  const log = new RedisLog(link, {
    ...parts,
    limits: config.limits,
    paces: config.paces,
    tier: () => standing.tier,
    ...(replicas !== null && { replicated: () => replicas.confirm() }),
  })
  const bus = new RedisBus(link, parts)
  const probe = new Probe(link, {
    name: parts.node,
    clock: parts.clock,
    onDead: () => parts.metrics.subscriptionsDead.add(),
  })
  const snapshots = new RedisSnapshots(link, parts)
  const jobs = {
    queue: new RedisQueue(link, {
      ...{ clock, logger },
      worker: parts.node,
      silentMs: config.paces.takeover,
    }),
    dirty: new DirtySets(link),
    snapshots,
  }
  // Who works itself need not ask whether anybody does.
  const unattended =
    config.role === 'edge' ? new Unattended(link, { clock, silentMs: config.paces.takeover }) : null
  metrics.redisUp.readFrom(() => (link.trouble === null ? 1 : 0))
  metrics.redisReplicas.readFrom(() => replicas?.answered ?? 0)
  let wasReady = false
  link.onState(({ is }) => {
    // It may stand to a master that was replaced, whose replicas have what nobody writes any more.
    if (is === 'connecting') replicas?.renew()
    if (is !== 'ready') return
    if (wasReady) metrics.redisReconnections.add()
    wasReady = true
  })
  const unwatch = watchRedis(link, clock)
  await firstNews(link, clock)
  return {
    bus,
    log,
    snapshots,
    jobs,
    loss: {
      steadySince: () => log.steadySince,
      safeSince: () => log.safeSince,
      markAge: async (entity) => (await log.markOf(entity)).ageMs,
    },
    trouble: () => link.trouble,
    warnings: () => [
      ...standing.weaknesses,
      ...lagging(config.redisReplicas, replicas),
      ...(unattended?.warnings ?? []),
    ],
    get tierDeclared() {
      return standing.declared
    },
    async close() {
      probe.close()
      unattended?.close()
      await bus.close()
      unwatch()
      await log.close()
      replicas?.close()
      await link.close()
    },
  }
}

/** Resolves when it is there, or known not to be. */
function firstNews(link: RedisLink, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(FIRST_MS, () => end())
    const unlisten = link.onState(() => end())
    const end = () => {
      cancel()
      unlisten()
      resolve()
    }
  })
}

function lagging(wanted: number, replicas: Replicas | null): string[] {
  const answered = replicas?.lastShort ?? null
  if (answered === null) return []
  return [
    `only ${answered} of ${wanted} replicas of Redis had what was acknowledged last: ` +
      'it is as safe as the tier says, and no safer',
  ]
}
