import { RedisBus } from '../../src/bus/redis.ts'
import { scheduleCompactions } from '../../src/compaction.ts'
import type { EntityRef } from '../../src/core/ids.ts'
import { DEFAULT_PACES, type Paces } from '../../src/core/limits.ts'
import { SILENT } from '../../src/core/logger.ts'
import type { EntityContext } from '../../src/entity/context.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { loadEntity } from '../../src/entity/load-entity.ts'
import { Registry } from '../../src/entity/registry.ts'
import { States } from '../../src/entity/states.ts'
import { Ticker } from '../../src/entity/ticker.ts'
import type { CompactionContext } from '../../src/jobs/compaction.ts'
import type { Schedule } from '../../src/jobs/schedule.ts'
import { createMetrics, type Metrics } from '../../src/ops/metrics.ts'
import { SYSTEM_CLOCK } from '../../src/ops/system.ts'
import { DirtySets } from '../../src/queue/dirty-sets.ts'
import { RedisQueue } from '../../src/queue/redis.ts'
import { compactHere } from './compact-here.ts'
import { entityStage } from './entity-stage.ts'
import { type Node, openNode } from './redis-store.ts'

export interface SharedNodeOptions {
  readonly role?: 'all' | 'edge' | 'worker'
  readonly paces?: Partial<Paces>
  /** In the place of a thread. */
  readonly compact?: CompactionContext['compact']
  /** A worker that has been silent for so long has lost its job. */
  readonly silentMs?: number
}

/** A node of a cluster as far as entities and compactions go: real parts, without sockets. */
export interface SharedNode extends Node {
  readonly name: string
  readonly metrics: Metrics
  readonly schedule: Schedule
  readonly states: States
  readonly queue: RedisQueue
  open(ref: EntityRef): Promise<Entity>
}

export async function openSharedNode(
  url: string,
  name: string,
  { role = 'all', compact = compactHere, silentMs = 15_000, ...more }: SharedNodeOptions = {},
): Promise<SharedNode> {
  const node = await openNode(url)
  const { link, log, snapshots } = node
  const stage = entityStage()
  const { metrics } = { metrics: createMetrics() }
  const paces = { ...DEFAULT_PACES, ...more.paces }
  const bus = new RedisBus(link, { node: name, clock: SYSTEM_CLOCK, logger: SILENT, metrics })
  const ticker = new Ticker(SYSTEM_CLOCK, paces)
  const states = new States(snapshots, paces.cacheBytes)
  let entries = 0
  const context: EntityContext = {
    ...stage.context,
    ...{ clock: SYSTEM_CLOCK, log, bus, states, ticker, metrics },
    nextEntryId: () => `${name}-${entries++}`,
    grown: (entity, own) => schedule.grown(entity.ref.key, entity.tailSize, own),
    spoiled: (entity) => schedule.offer(entity.ref.key),
  }
  const load = (ref: EntityRef) => loadEntity(context, ref)
  const registry = new Registry({ clock: SYSTEM_CLOCK, idle: paces.idle, load })
  const queue = new RedisQueue(link, {
    ...{ clock: SYSTEM_CLOCK, logger: SILENT, worker: name, pollMs: 10, silentMs },
  })
  const jobs = { queue, dirty: new DirtySets(link), snapshots }
  const schedule = scheduleCompactions({
    ...{
      config: { role, paces, gc: true },
      store: { bus, log, snapshots, jobs },
      registry,
      states,
    },
    ...{ clock: SYSTEM_CLOCK, metrics, logger: SILENT, compact },
  })
  return {
    ...node,
    ...{ name, metrics, schedule, states, queue },
    open: (ref) => registry.open(ref),
    async close() {
      await schedule.close()
      registry.close()
      ticker.close()
      await bus.close()
      await node.close()
    },
  }
}
