import { openAccess } from '../../src/access/open-access.ts'
import { LocalBus } from '../../src/bus/local.ts'
import { People } from '../../src/bus/people.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { EntityRef } from '../../src/core/ids.ts'
import type { Limits, Paces } from '../../src/core/limits.ts'
import type { Fields, Logger } from '../../src/core/logger.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { UpdateScan } from '../../src/crdt/scan.ts'
import type { Door } from '../../src/dialects/wire.ts'
import { yWebsocketDoor } from '../../src/dialects/y-websocket/door.ts'
import type { EntityContext } from '../../src/entity/context.ts'
import type { Entity } from '../../src/entity/entity.ts'
import { Healer } from '../../src/entity/healing/healer.ts'
import { loadEntity } from '../../src/entity/load-entity.ts'
import { NodeBudget } from '../../src/entity/node-budget.ts'
import { Registry } from '../../src/entity/registry.ts'
import { States } from '../../src/entity/states.ts'
import { Ticker } from '../../src/entity/ticker.ts'
import { compactSound } from '../../src/jobs/compact-sound.ts'
import { Compactor } from '../../src/jobs/compactor.ts'
import type { Log } from '../../src/log/log.ts'
import { createMetrics, type Metrics } from '../../src/ops/metrics.ts'
import { Refusals } from '../../src/session/refusals.ts'
import type { Snapshots } from '../../src/snapshots/snapshots.ts'
import type { Seeded } from './seeded.ts'
import type { SimClock } from './sim-clock.ts'
import type { SimLink } from './sim-network.ts'
import { idOf, type SimStore } from './sim-store.ts'

export interface NodeNature {
  readonly limits: Limits
  readonly paces: Paces
  readonly gc: boolean
  readonly echo: boolean
  /** Milliseconds that a compaction takes. */
  readonly compaction: number
}

export interface NodeParts {
  readonly clock: SimClock
  readonly random: Seeded
  readonly store: SimStore
  readonly nature: NodeNature
  readonly ref: EntityRef
}

/** What is written for people in a simulation in which all is well. */
const EXPECTED = ['an append failed, it is tried again', 'a question was not answered']

/**
 * One node as `server.ts` composes it, of the same parts, without sockets, threads and disk. It can
 * be killed: then nothing of it ever happens again, and what it had only in memory is gone.
 */
export class SimNode {
  readonly metrics: Metrics = createMetrics()
  readonly pending: NodeBudget
  readonly registry: Registry
  readonly compactor: Compactor
  readonly faults: string[] = []
  readonly counts = { loads: 0, unloads: 0, catchUps: 0, compactedAway: 0 }
  readonly #parts: NodeParts
  readonly #life: { alive: boolean }
  readonly #links = new Set<SimLink>()
  readonly #door: Door
  #loaded: Entity | null = null

  static async start(parts: NodeParts): Promise<SimNode> {
    const life = { alive: true }
    const { log, snapshots } = await parts.store.open(parts.ref.key, () => life.alive)
    return new SimNode(parts, life, log, snapshots)
  }

  private constructor(parts: NodeParts, life: { alive: boolean }, log: Log, snapshots: Snapshots) {
    this.#parts = parts
    this.#life = life
    const { nature } = parts
    const { limits, paces } = nature
    const { metrics } = this
    const clock = mortal(parts.clock, life)
    const random = { next: () => parts.random.next(), id: (n: number) => idOf(parts.random, n) }
    const logger = this.#logger()
    const states = new States(snapshots, paces.cacheBytes)
    const prefix = random.id(12)
    let entries = 0
    this.pending = new NodeBudget(limits)
    const bus = new LocalBus('sim')
    const context: EntityContext = {
      clock,
      log,
      bus,
      healer: new Healer(clock, bus),
      hold: null,
      losses: null,
      states,
      ticker: new Ticker(clock, paces),
      limits,
      pending: this.pending,
      metrics,
      echo: nature.echo,
      nextEntryId: () => `${prefix}-${(entries++).toString(36)}`,
      grown: (entity) => this.compactor.grown(entity.ref.key, entity.tailSize),
      spoiled: (entity) => this.compactor.offer(entity.ref.key),
      trouble: (_, what, error) => logger.error(what, { error }),
    }
    this.registry = new Registry({
      clock,
      idle: paces.idle,
      load: async (ref) => {
        const entity = await loadEntity(context, ref)
        this.#entered(entity)
        this.compactor.grown(ref.key, entity.tailSize)
        return entity
      },
      onUnload: () => {
        this.counts.unloads++
      },
    })
    this.compactor = new Compactor({
      clock,
      log,
      snapshots,
      metrics,
      logger,
      paces,
      gc: nature.gc,
      compact: async ({ base, entries, gc }) => {
        await parts.clock.sleep(parts.random.next() * nature.compaction)
        return compactSound(base, entries, { gc })
      },
      committed: (key, snapshot) => {
        const entity = this.registry.get(key)
        if (entity === undefined) states.delete(key)
        else entity.adopt(snapshot)
      },
    })
    this.#door = yWebsocketDoor({
      access: openAccess(),
      session: {
        clock,
        limits,
        paces,
        metrics,
        checkInThread: async (bytes) => {
          await parts.clock.sleep(parts.random.next() * 10)
          return checkUpdate(bytes, new UpdateScan())
        },
      },
      limits,
      metrics,
      logger,
      random,
      refusals: new Refusals(clock),
      people: new People(context.bus),
      open: (ref) => this.registry.open(ref),
      sessionsOn: (ref) => this.registry.get(ref.key)?.members ?? 0,
    })
  }

  get alive(): boolean {
    return this.#life.alive
  }

  /** The entity, if it is loaded. */
  get entity(): Entity | undefined {
    return this.registry.get(this.#parts.ref.key)
  }

  get talking(): number {
    return Array.from(this.#links).filter((link) => link.talking).length
  }

  /** @throws {TributaryError} that a client would get as an HTTP status. */
  accept(link: SimLink): void {
    const path = this.#parts.ref.id
    const begin = this.#door.admit({ path, token: null, protocols: [], address: link.address })
    this.#links.add(link)
    link.open(begin)
  }

  compact(): void {
    this.compactor.offer(this.#parts.ref.key)
  }

  /** As by `kill -9`. */
  kill(): void {
    this.#life.alive = false
    for (const link of this.#links) link.die()
  }

  /** As by SIGTERM: what is pending is made durable first. */
  async drain(): Promise<void> {
    for (const link of this.#links) link.close('draining')
    await this.registry.settled()
    this.registry.close()
    this.#life.alive = false
  }

  #entered(entity: Entity): void {
    if (this.#loaded !== null && !this.#loaded.closed) this.faults.push('two entities of one name')
    this.#loaded = entity
    this.counts.loads++
    const since = entity.since.bind(entity)
    entity.since = (place) => {
      const update = since(place)
      if (update === null) this.counts.compactedAway++
      else this.counts.catchUps++
      return update
    }
  }

  #logger(): Logger {
    const note = (event: string, fields: Fields = {}) => {
      if (EXPECTED.includes(event)) return
      const { error, ...rest } = fields
      const why = error instanceof Error ? `: ${error.stack}` : ''
      this.faults.push(`${event} ${JSON.stringify(rest)}${why}`)
    }
    const logger: Logger = { error: note, warn: note, info() {}, debug() {}, with: () => logger }
    return logger
  }
}

/** A clock whose timers die with the process that set them. */
const mortal = (clock: Clock, life: { readonly alive: boolean }): Clock => ({
  monotonic: () => clock.monotonic(),
  wall: () => clock.wall(),
  after: (ms, fn) => clock.after(ms, () => life.alive && fn()),
  soon: (fn) => clock.soon(() => life.alive && fn()),
})
