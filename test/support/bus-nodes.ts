import type { Bus } from '../../src/bus/bus.ts'
import { RedisBus } from '../../src/bus/redis.ts'
import type { Clock } from '../../src/core/clock.ts'
import { createMetrics, type Metrics } from '../../src/ops/metrics.ts'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from '../../src/ops/system.ts'
import { RedisLink } from '../../src/redis/link.ts'
import { readRedisUrl } from '../../src/redis/place.ts'
import { RecordedLog } from './recorded-log.ts'

/** A node, as far as its bus goes. */
export interface BusNode {
  readonly bus: Bus
  readonly link: RedisLink
  readonly metrics: Metrics
  readonly logger: RecordedLog
  close(): Promise<void>
  /** As a process that dies: nothing is said any more. */
  die(): Promise<void>
}

export interface BusNodeOptions {
  readonly clock?: Clock
  readonly prefix?: string
}

/** Begins to connect, and does not wait for it. */
export function openBus(url: string, node: string, options: BusNodeOptions = {}): BusNode {
  const logger = new RecordedLog()
  const metrics = createMetrics()
  const { clock = SYSTEM_CLOCK, ...rest } = options
  const link = new RedisLink({ place: readRedisUrl(url), random: SYSTEM_RANDOM, logger, ...rest })
  const bus = new RedisBus(link, { node, clock, logger, metrics })
  return {
    bus,
    link,
    metrics,
    logger,
    async close() {
      await bus.close()
      await link.close()
    },
    async die() {
      await link.close()
      await bus.close()
    },
  }
}
