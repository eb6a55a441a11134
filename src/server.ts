import type { Authorise } from './access/access.ts'
import { createAccess } from './access/create-access.ts'
import { People } from './bus/people.ts'
import { scheduleCompactions } from './compaction.ts'
import { atMost } from './core/at-most.ts'
import type { Clock, Random } from './core/clock.ts'
import { TributaryError } from './core/errors.ts'
import type { EntityKey, EntityRef } from './core/ids.ts'
import type { Limits } from './core/limits.ts'
import type { Logger } from './core/logger.ts'
import { TIERS, type Tier } from './core/tier.ts'
import { hocuspocusDoor } from './dialects/hocuspocus.ts'
import { tributaryDoor } from './dialects/tributary/door.ts'
import { yWebsocketDoor } from './dialects/y-websocket/door.ts'
import type { EntityContext } from './entity/context.ts'
import { Healer } from './entity/healing/healer.ts'
import { Hold } from './entity/healing/hold.ts'
import { Losses, type LossesOptions } from './entity/healing/losses.ts'
import { loadEntity } from './entity/load-entity.ts'
import { NodeBudget } from './entity/node-budget.ts'
import { OtherNodes } from './entity/presence/other-nodes.ts'
import { Registry } from './entity/registry.ts'
import { States } from './entity/states.ts'
import { Ticker } from './entity/ticker.ts'
import { listen } from './http/listener.ts'
import { createRoutes } from './http/routes.ts'
import type { Compacted, CompactJob } from './jobs/compact-thread.ts'
import { type PackedScan, unpackScan } from './jobs/scan-passage.ts'
import { contradictionIn } from './ops/contradictions.ts'
import { createMetrics } from './ops/metrics.ts'
import { createMetricsPage } from './ops/metrics-page.ts'
import type { Config } from './ops/options.ts'
import { SparingLog } from './ops/sparing-log.ts'
import { SYSTEM_CLOCK, SYSTEM_RANDOM } from './ops/system.ts'
import { ThreadPool } from './ops/thread-pool.ts'
import { Refusals } from './session/refusals.ts'
import { openStore, type Store, type StoreLoss } from './store.ts'
import { Acceptor } from './transport/acceptor.ts'

/** A server that answers. */
export interface RunningServer {
  /** @example 'http://127.0.0.1:8787' */
  readonly url: string
  /** How safe is what is acknowledged now. In a Redis it can change. */
  readonly tier: Tier
  /** Messages to people, and sending them away, on whichever node they are. */
  readonly people: Pick<People, 'send' | 'onMessage' | 'kick' | 'count'>
  /**
   * Takes nobody new, makes durable what is pending, sends clients away with 1012 and lets go of
   * everything. Resolves within 10 s. Idempotent.
   */
  close(): Promise<Closed>
}

/** How a server has ended. */
export interface Closed {
  /**
   * Bytes of updates that could not be made durable, and so were never acknowledged: the clients that
   * made them still have them. 0 after a graceful shutdown.
   */
  readonly unsaved: number
}

export interface ServerParts {
  readonly logger: Logger
  readonly clock?: Clock
  readonly random?: Random
  /** Decides who may do what, in the place of tokens. */
  readonly authorise?: Authorise
}

/** A check takes as long as its bytes; this is for something that has gone wrong. */
const CHECK_LIMIT_MS = 30_000
const COMPACT_LIMIT_MS = 300_000
/** From the wish to stop: what is pending by then is left, and counted. The rest of 10 s is to let go. */
const SETTLED_BY_MS = 7_000

const thread = (path: string): URL => new URL(path, import.meta.url)

/**
 * The composition root: picks the adapters, hands in clock, randomness and thread entries, starts,
 * drains and closes.
 *
 * @throws {TributaryError} in one line that names the remedy, when it cannot start. Nothing is left
 *   running then.
 */
export async function startServer(config: Config, parts: ServerParts): Promise<RunningServer> {
  const contradiction = contradictionIn(config, parts.authorise !== undefined)
  if (contradiction !== null) throw new TributaryError('bad-request', contradiction)
  const { authorise, clock = SYSTEM_CLOCK, random = SYSTEM_RANDOM } = parts
  const logger = new SparingLog(parts.logger, clock)
  const { limits, paces } = config
  const metrics = createMetrics()
  const page = createMetricsPage(metrics)
  const node = random.id(12)
  const closers: (() => unknown)[] = [() => page.close()]
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }

  try {
    const store = await openStore(config, {
      node,
      metrics,
      clock,
      random,
      logger,
      damaged: (entity, why) => {
        metrics[why === 'damaged' ? 'damaged' : 'notUnderstood'].add()
        const error = new TributaryError('damaged', `a stored snapshot is ${why}`)
        logger.error('a snapshot was passed over', { entity, error })
      },
      threads: {
        writer: thread('./sqlite/writer-thread.js'),
        reader: thread('./sqlite/reader-thread.js'),
      },
    })
    closers.push(() => store.close())

    const checkers = new ThreadPool<Uint8Array, PackedScan>({
      entry: thread('./jobs/check-thread.js'),
      name: 'check',
      size: 1,
      maxWaiting: 10_000,
      timeLimit: CHECK_LIMIT_MS,
      clock,
    })
    closers.push(() => checkers.close())
    // Closed with the compactor, which would wait for its thread.
    const compactors = new ThreadPool<CompactJob, Compacted>({
      entry: thread('./jobs/compact-thread.js'),
      name: 'compact',
      size: 1,
      maxWaiting: 1,
      timeLimit: COMPACT_LIMIT_MS,
      // Yjs walks nested types by recursion.
      resourceLimits: { stackSizeMb: 64 },
      clock,
    })

    const ticker = new Ticker(clock, paces, (ms) => metrics.tickTime.observe(ms))
    closers.push(() => ticker.close())
    const states = new States(store.snapshots, paces.cacheBytes)
    const pending = new NodeBudget(limits)
    const hold = holdFor(store.loss, clock, limits, (key) => registry.get(key)?.coveredTo ?? 0)
    const losses = lossesFor(store, clock, (key, looksEmpty) => {
      const entity = registry.get(key)
      if (entity === undefined || entity.knowledge.known.size === 0) return 'nothing'
      if (looksEmpty && !entity.healing) entity.heal()
      return entity.healing ? 'healing' : 'whole'
    })
    closers.push(() => losses?.close())
    let entryCount = 0
    const context: EntityContext = {
      clock,
      log: store.log,
      bus: store.bus,
      states,
      ticker,
      limits,
      pending,
      healer: new Healer(clock, store.bus),
      hold,
      losses,
      metrics,
      echo: config.echo,
      nextEntryId: () => `${node}-${(entryCount++).toString(36)}`,
      grown: (entity, own) => compactor.grown(entity.ref.key, entity.tailSize, own),
      spoiled: (entity) => compactor.offer(entity.ref.key),
      trouble: (entity, what, error) => logger.error(what, { entity: entity.ref.key, error }),
    }
    const registry = new Registry({
      clock,
      onTrouble: (ref, error) => {
        logger.error('an entity cannot be loaded, it is tried again', { entity: ref.key, error })
      },
      idle: paces.idle,
      load: async (ref) => {
        const since = clock.monotonic()
        const entity = await loadEntity(context, ref)
        metrics.loadTime.observe(clock.monotonic() - since)
        compactor.grown(ref.key, entity.tailSize, true)
        return entity
      },
    })
    closers.push(() => registry.close())
    const otherNodes = new OtherNodes({ bus: store.bus, clock, entities: registry })
    closers.push(() => otherNodes.close())
    const compactor = scheduleCompactions({
      ...{ config, store, registry, states, clock, metrics, logger },
      // Handed over: a copy of 20 MB holds up the loop for 5 to 13 ms.
      compact: (job) =>
        compactors.run(job, job.base === null ? [] : [job.base.buffer as ArrayBuffer]),
    })
    closers.push(() => Promise.all([compactor.close(), compactors.close()]))

    const access = await createAccess(config, { clock, logger, authorise })
    closers.push(() => access.close())
    const people = new People(store.bus, logger)
    const shared = {
      ...{ access, logger, random, people },
      session: {
        ...{ clock, limits, paces, metrics },
        checkInThread: async (bytes: Uint8Array) => unpackScan(await checkers.run(bytes)),
      },
      open: (ref: EntityRef) => registry.open(ref),
    }
    const doors = [
      yWebsocketDoor({
        ...{ ...shared, limits, metrics },
        refusals: new Refusals(clock),
        sessionsOn: (ref) => registry.get(ref.key)?.members ?? 0,
      }),
      // After the door with the longer prefix.
      hocuspocusDoor({ limits, paces, metrics, logger, random }),
      tributaryDoor({ ...shared, tier: () => store.log.tier }),
    ]
    const acceptor = new Acceptor(
      {
        ...{ clock, random, limits, paces, metrics, logger },
        trustProxy: config.trustProxy,
        takesClients: config.role !== 'worker',
      },
      doors,
    )
    closers.push(() => acceptor.close())

    metrics.entities.readFrom(() => registry.size)
    metrics.heldBytes.readFrom(() => hold?.bytes ?? 0)
    metrics.heldEntries.readFrom(() => hold?.entries ?? 0)
    metrics.holdReach.readFrom(() => (hold?.reach ?? 0) / 1_000)
    metrics.pendingBytes.readFrom(() => pending.used)
    metrics.cacheBytes.readFrom(() => states.bytes)
    metrics.outboxBytes.readFrom(() => acceptor.unsent)
    metrics.nodes.readFrom(() => store.bus.nodes().length)
    for (const tier of TIERS) {
      metrics.tier.of(tier).readFrom(() => (store.log.tier === tier ? 1 : 0))
    }

    let draining = false
    const routes = createRoutes({
      logger,
      ready: () => ({
        tier: store.log.tier,
        declared: store.tierDeclared,
        draining,
        trouble: store.trouble(),
        warnings: [...store.warnings(), ...(hold?.warnings ?? []), ...access.warnings],
      }),
      metrics: () => page.text(),
      pages: thread('./pages/'),
    })
    const listener = await listen(routes, config, logger)
    closers.push(() => listener.close())
    acceptor.attach(listener.server)

    let closing: Promise<Closed> | null = null
    const close = async () => {
      draining = true
      const until = clock.monotonic() + SETTLED_BY_MS
      await acceptor.drain(paces.drain)
      await atMost(clock, Math.max(0, until - clock.monotonic()), registry.settled())
      const unsaved = pending.used
      if (unsaved > 0) {
        const entities = Array.from(registry).filter((entity) => entity.busy).length
        logger.error(UNSAVED, { entities, bytes: unsaved })
      }
      const held = hold?.close()
      if (held !== undefined && held.entries > 0) logger.info(FORGOTTEN, held)
      await closeAll()
      return { unsaved }
    }
    return {
      url: listener.url,
      get tier() {
        return store.log.tier
      },
      people,
      close: () => {
        closing ??= close()
        return closing
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

const FORGOTTEN =
  'stopped: entries of the last minute are in Redis alone now, this node cannot bring them back'
const UNSAVED = 'stopped with updates that could not be made durable and were not acknowledged'

function holdFor(
  loss: StoreLoss | null,
  clock: Clock,
  limits: Limits,
  coveredTo: (key: EntityKey) => number,
): Hold | null {
  if (loss === null) return null
  return new Hold({ clock, limits, safeSince: () => loss.safeSince(), coveredTo })
}

function lossesFor({ loss, bus }: Store, clock: Clock, has: LossesOptions['has']): Losses | null {
  if (loss === null) return null
  const { markAge, steadySince } = loss
  return new Losses({ bus, clock, markAge, steadySince, has })
}
