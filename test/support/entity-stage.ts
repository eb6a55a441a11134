import type { Bus } from '../../src/bus/bus.ts'
import { LocalBus } from '../../src/bus/local.ts'
import { DEFAULT_TENANT, type EntityRef, entityId, entityRef } from '../../src/core/ids.ts'
import { DEFAULT_LIMITS, type Limits } from '../../src/core/limits.ts'
import { SILENT } from '../../src/core/logger.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import type { SoundUpdate } from '../../src/crdt/scan.ts'
import type { Batch } from '../../src/entity/batch.ts'
import type { EntityContext } from '../../src/entity/context.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { Healer } from '../../src/entity/healing/healer.ts'
import type { Hold } from '../../src/entity/healing/hold.ts'
import { loadEntity } from '../../src/entity/load-entity.ts'
import type { Member } from '../../src/entity/member.ts'
import { NodeBudget } from '../../src/entity/node-budget.ts'
import { States } from '../../src/entity/states.ts'
import { Ticker } from '../../src/entity/ticker.ts'
import type { Entry, Log, LogRead } from '../../src/log/log.ts'
import { emptyLogState, MemoryLog } from '../../src/log/memory.ts'
import { createMetrics } from '../../src/ops/metrics.ts'
import { MemorySnapshots } from '../../src/snapshots/memory.ts'
import type { Snapshots } from '../../src/snapshots/snapshots.ts'
import { ManualClock } from './manual-clock.ts'
import { Seeded } from './seeded.ts'

export const REF = entityRef(DEFAULT_TENANT, entityId('stage'))

/** A member that writes down what it is told. */
export class Witness implements Member {
  readonly author
  delivered: Batch[] = []
  echoed: Batch[] = []
  evicted: string[] = []

  constructor(session = 'witness') {
    this.author = { actor: 'anonymous', session }
  }

  deliver(batch: Batch) {
    this.delivered.push(batch)
  }
  durable() {}
  echo(batch: Batch) {
    this.echoed.push(batch)
  }
  asked = 0
  ask() {
    this.asked++
    return true
  }
  presence() {}
  align() {}
  evict(code: string) {
    this.evicted.push(code)
  }
  /** Everything it was sent. */
  get updates(): SoundUpdate[] {
    return this.delivered.map(({ update }) => update)
  }
}

/** The real core on memory adapters, with a clock that stands still. */
export function entityStage(
  options: {
    limits?: Partial<Limits>
    echo?: boolean
    state?: ReturnType<typeof emptyLogState>
    /** Of several nodes on one store, each brings these. */
    clock?: ManualClock
    log?: Log
    snapshots?: Snapshots
    bus?: Bus
    cacheBytes?: number
    hold?: Hold
  } = {},
) {
  const clock = options.clock ?? new ManualClock()
  const random = new Seeded(7)
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const state = options.state ?? emptyLogState()
  const ownLog = new MemoryLog(
    {
      clock,
      random: {
        id: (n) => Array.from({ length: n }, () => random.int(0, 35).toString(36)).join(''),
      },
      logger: SILENT,
      limits,
    },
    state,
  )
  const log = options.log ?? ownLog
  const snapshots = options.snapshots ?? new MemorySnapshots(ownLog)
  const metrics = createMetrics()
  const troubles: string[] = []
  let entries = 0
  const ticker = new Ticker(clock, { tick: 16, tickMax: 250 })
  const bus = options.bus ?? new LocalBus('stage')
  const context: EntityContext = {
    clock,
    log,
    bus,
    healer: new Healer(clock, bus),
    hold: options.hold ?? null,
    losses: null,
    states: new States(snapshots, options.cacheBytes ?? 64 * 2 ** 20),
    ticker,
    limits,
    pending: new NodeBudget(limits),
    metrics,
    echo: options.echo ?? false,
    nextEntryId: () => `${options.bus?.node ?? 'entry'}-${entries++}`,
    grown() {},
    spoiled: () => troubles.push('spoiled'),
    trouble: (_entity, what) => troubles.push(what),
  }
  return {
    clock,
    log,
    snapshots,
    state,
    metrics,
    context,
    troubles,
    ticker,
    load: (ref: EntityRef = REF): Promise<Entity> => loadEntity(context, ref),
    /** Lets the ticker fire and the log answer. */
    async settle(ms = 20) {
      clock.advance(ms)
      for (let i = 0; i < 20; i++) await Promise.resolve()
      clock.advance(0)
      for (let i = 0; i < 20; i++) await Promise.resolve()
    },
  }
}

export type EntityStage = ReturnType<typeof entityStage>

/** Submits bytes as a session does. */
export const submit = (entity: Entity, update: Uint8Array, member: Member | null = null) =>
  entity.submit(checkUpdate(update), member)

/** Nothing where there is another history. */
export const entriesOf = (read: LogRead): readonly Entry[] =>
  read.is === 'entries' ? read.entries : []
