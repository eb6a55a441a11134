import type { Bus } from './bus/bus.ts'
import { LocalBus } from './bus/local.ts'
import { RedisBus } from './bus/redis.ts'
import type { Clock, Random } from './core/clock.ts'
import type { EntityKey } from './core/ids.ts'
import type { Logger } from './core/logger.ts'
import type { Log } from './log/log.ts'
import { MemoryLog } from './log/memory.ts'
import { RedisLog } from './log/redis.ts'
import { SqliteLog } from './log/sqlite.ts'
import type { Metrics } from './ops/metrics.ts'
import type { Config } from './ops/options.ts'
import { RedisLink } from './redis/link.ts'
import { readRedisUrl } from './redis/place.ts'
import { MemorySnapshots } from './snapshots/memory.ts'
import { RedisSnapshots } from './snapshots/redis.ts'
import type { Snapshots } from './snapshots/snapshots.ts'
import { SqliteSnapshots } from './snapshots/sqlite.ts'
import { openSqlite } from './sqlite/store.ts'

/** Where a node keeps what it has acknowledged, and how it speaks with the others who do. */
export interface Store {
  readonly bus: Bus
  readonly log: Log
  readonly snapshots: Snapshots
  /** Why nothing can be made durable now, in one line; `null` when it can. */
  trouble(): string | null
  close(): Promise<void>
}

export interface StoreParts {
  /** The name of this node. */
  readonly node: string
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Called for each stored snapshot that is found damaged, once. */
  readonly damaged: (entity: EntityKey) => void
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
  return { bus, log, snapshots, trouble: () => null, close: () => log.close() }
}

async function inFolder({ data, limits, paces }: Config, parts: StoreParts): Promise<Store> {
  const store = await openSqlite({ folder: data, ...parts })
  const log = new SqliteLog(store, { ...parts, limits, paces })
  return {
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

/** It need not be there yet: what needs it fails with `storage` until it is. */
function inRedis(url: string, { redisPrefix, limits }: Config, parts: StoreParts): Store {
  const link = new RedisLink({ place: readRedisUrl(url), prefix: redisPrefix, ...parts })
  const log = new RedisLog(link, { ...parts, limits, tier: () => 'memory' })
  const bus = new RedisBus(link, parts)
  return {
    bus,
    log,
    snapshots: new RedisSnapshots(link, parts),
    trouble: () => (link.state.is === 'ready' ? null : 'Redis cannot be reached'),
    async close() {
      await bus.close()
      await log.close()
      await link.close()
    },
  }
}
