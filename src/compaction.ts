import type { Bus } from './bus/bus.ts'
import type { Clock } from './core/clock.ts'
import type { EntityKey } from './core/ids.ts'
import type { Logger } from './core/logger.ts'
import type { Registry } from './entity/registry.ts'
import type { States } from './entity/states.ts'
import { Adoption } from './jobs/adoption.ts'
import type { CompactionContext } from './jobs/compaction.ts'
import { Compactor } from './jobs/compactor.ts'
import { DirtySweep } from './jobs/dirty-sweep.ts'
import type { Schedule } from './jobs/schedule.ts'
import { SharedCompactor } from './jobs/shared-compactor.ts'
import type { SharedJobs } from './jobs/shared-jobs.ts'
import type { Log } from './log/log.ts'
import type { Metrics } from './ops/metrics.ts'
import type { Config } from './ops/options.ts'
import type { Snapshot, Snapshots } from './snapshots/snapshots.ts'

export interface CompactionParts {
  readonly config: Pick<Config, 'gc' | 'paces' | 'role'>
  readonly store: {
    readonly bus: Bus
    readonly log: Log
    readonly snapshots: Snapshots
    /** `null` for a node that is alone. */
    readonly jobs: SharedJobs | null
  }
  readonly registry: Registry
  readonly states: States
  readonly clock: Clock
  readonly metrics: Metrics
  readonly logger: Logger
  readonly compact: CompactionContext['compact']
}

/** Who compacts, and when: this node alone, or all workers of the cluster that it is one of. */
export function scheduleCompactions(parts: CompactionParts): Schedule {
  const { store, config, registry, states } = parts
  const { gc, paces } = config
  const context = { ...parts, log: store.log, gc, paces }
  if (store.jobs !== null) return inCluster(parts, store.jobs)
  return new Compactor({
    ...context,
    snapshots: store.snapshots,
    committed: (key: EntityKey, snapshot: Snapshot) => {
      const entity = registry.get(key)
      if (entity === undefined) states.delete(key)
      else entity.adopt(snapshot)
    },
  })
}

function inCluster(parts: CompactionParts, { queue, dirty, snapshots }: SharedJobs): Schedule {
  const { store, config, registry, states, clock, metrics } = parts
  const { gc, paces, role } = config
  const { bus, log } = store
  const adoption = new Adoption({
    ...{ bus, clock, snapshots, metrics },
    open: (key) => registry.get(key),
    adopted: (key) => {
      const entity = registry.get(key)
      if (entity !== undefined) compactor.compacted(key, entity.tailSize)
    },
  })
  const compactor = new SharedCompactor({
    ...{ ...parts, log, gc, paces, queue, snapshots, works: role !== 'edge' },
    committed: (key, { position }) => {
      // Whoever opens it begins from the new one.
      if (registry.get(key) === undefined) states.delete(key)
      adoption.committed(key, position)
    },
  })
  const sweep = new DirtySweep({ clock, bus, dirty, queue, quietMs: paces.compactQuiet })
  return {
    grown: (entity, tail, own) => compactor.grown(entity, tail, own),
    offer: (entity) => compactor.offer(entity),
    async close() {
      adoption.close()
      sweep.close()
      await compactor.close()
    },
  }
}
