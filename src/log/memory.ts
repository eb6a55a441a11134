import { type Branch, goesThrough, NO_BRANCH, type Place } from '../core/branch.ts'
import type { Clock, Random } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Logger } from '../core/logger.ts'
import { type Epoch, INCARNATION_LENGTH, ORIGIN, type Position } from '../core/position.ts'
import type { StateVector } from '../crdt/scan.ts'
import { contentOf, type Row, readFrom } from './chain.ts'
import { Feeds } from './feeds.ts'
import { Lane } from './lane.ts'
import type {
  Appended,
  AppendOptions,
  EntrySink,
  Log,
  LogRead,
  NewEntry,
  SetAside,
  Subscription,
} from './log.ts'
import { costAside } from './set-aside.ts'
import { mergeTombstones } from './tombstone.ts'

/** One entity's log in memory. Its rows are contiguous, from the one behind the base. */
export interface Shelf {
  epoch: Epoch
  base: Place
  rows: Row[]
  tombstone: StateVector | null
}

/** All that a memory log holds. It comes in from outside, so that a simulation can keep, copy and damage it. */
export interface MemoryLogState {
  readonly shelves: Map<EntityKey, Shelf>
  readonly aside: SetAside[]
}

export const emptyLogState = (): MemoryLogState => ({ shelves: new Map(), aside: [] })

/** As it is now; entries are shared, they do not change. */
export const copyLogState = (state: MemoryLogState): MemoryLogState => ({
  shelves: new Map(
    [...state.shelves].map(([key, shelf]) => [key, { ...shelf, rows: [...shelf.rows] }]),
  ),
  aside: [...state.aside],
})

export interface MemoryLogOptions {
  readonly clock: Pick<Clock, 'wall'>
  readonly random: Pick<Random, 'id'>
  readonly logger: Logger
  readonly limits: { readonly setAsideBytes: number }
}

/**
 * A log that lives as long as its process: for tests, simulations, and servers whose state may be
 * lost. It keeps every promise of the port at the tier `memory`; like the others it answers later,
 * never inside the call.
 */
export class MemoryLog implements Log {
  readonly tier = 'memory'
  readonly #options: MemoryLogOptions
  readonly #state: MemoryLogState
  readonly #lanes = new Map<EntityKey, Lane>()
  readonly #feeds: Feeds
  /** What all that is set aside counts. */
  #aside: number
  #closed = false
  /** Settles with the last call. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: MemoryLogOptions, state: MemoryLogState = emptyLogState()) {
    this.#options = options
    this.#state = state
    this.#feeds = new Feeds(options.logger)
    this.#aside = state.aside.reduce((sum, { bytes }) => sum + costAside(bytes), 0)
  }

  append(entity: EntityKey, entry: NewEntry, options: AppendOptions = {}): Promise<Appended> {
    return this.#later(() => this.#append(entity, entry, options.expect))
  }

  read(entity: EntityKey, after: Position): Promise<LogRead> {
    return this.#later(() => this.#read(entity, after))
  }

  subscribe(entity: EntityKey, after: Position, sink: EntrySink): Promise<Subscription> {
    return this.#feeds.subscribe(entity, sink, () => this.read(entity, after))
  }

  remove(entity: EntityKey, stateVector: StateVector): Promise<Position> {
    return this.#later(() => {
      const head = this.#lane(entity).remove(this.#mint)
      const before = this.#state.shelves.get(entity)?.tombstone ?? null
      this.#state.shelves.set(entity, {
        epoch: head.epoch,
        base: head,
        rows: [],
        tombstone: mergeTombstones(before === null ? [stateVector] : [before, stateVector]),
      })
      this.#feeds.reset(entity, head)
      return head
    })
  }

  setAside(entity: EntityKey, bytes: Uint8Array, why: string): Promise<void> {
    return this.#later(() => {
      const { aside } = this.#state
      aside.push({ entity, time: this.#options.clock.wall(), why, bytes })
      this.#aside += costAside(bytes)
      while (this.#aside > this.#options.limits.setAsideBytes) {
        const oldest = aside.shift()
        if (oldest !== undefined) this.#aside -= costAside(oldest.bytes)
      }
    })
  }

  async *listSetAside(): AsyncGenerator<SetAside> {
    yield* [...this.#state.aside]
  }

  async close(): Promise<void> {
    this.#closed = true
    // They settle in their order.
    await this.#last
    this.#feeds.close()
  }

  /** The epoch an entity's log is in: a snapshot of another one is of a removed generation. */
  epochOf(entity: EntityKey): Epoch {
    return this.#branch(entity).epoch
  }

  /** Whether the log, at or above its trim, goes through this position. */
  holds(entity: EntityKey, position: Position): boolean {
    return goesThrough(this.#branch(entity), position, (offset) => this.#checkAt(entity, offset))
  }

  /** Drops entries up to an offset, but none that could not be read, nor any behind it. */
  trim(entity: EntityKey, upTo: number): void {
    const shelf = this.#state.shelves.get(entity)
    if (shelf === undefined) return
    let drop = 0
    for (const row of shelf.rows) {
      if (row.offset > upTo || typeof row.content === 'string') break
      shelf.base = { offset: row.offset, check: row.check }
      drop++
    }
    shelf.rows.splice(0, drop)
  }

  #append(entity: EntityKey, entry: NewEntry, expect: Position | undefined): Appended {
    const placed = this.#lane(entity).place(entry.id, expect, this.#mint)
    if (placed.is === 'new') {
      const { position, previous } = placed
      const content = contentOf(entry)
      this.#shelf(entity, position.epoch).rows.push({
        offset: position.offset,
        check: position.check,
        content,
      })
      this.#feeds.entry(entity, { position, ...content }, previous)
    }
    return { position: placed.position, tier: this.tier, replicas: 0 }
  }

  #read(entity: EntityKey, after: Position): LogRead {
    const branch = this.#branch(entity)
    const { rows, tombstone } = this.#state.shelves.get(entity) ?? NOTHING
    return readFrom(
      { branch, tombstone: tombstone === null ? null : new Map(tombstone) },
      after,
      (offset) => this.#checkAt(entity, offset),
      rows.slice(Math.max(0, after.offset - branch.base.offset)),
    )
  }

  #branch(entity: EntityKey): Branch {
    const shelf = this.#state.shelves.get(entity)
    if (shelf === undefined) return NO_BRANCH
    return { epoch: shelf.epoch, base: shelf.base, head: shelf.rows.at(-1) ?? shelf.base }
  }

  #checkAt(entity: EntityKey, offset: number): string | null {
    const shelf = this.#state.shelves.get(entity)
    return shelf?.rows[offset - shelf.base.offset - 1]?.check ?? null
  }

  #lane(entity: EntityKey): Lane {
    let lane = this.#lanes.get(entity)
    if (lane === undefined) {
      lane = new Lane(this.#branch(entity))
      this.#lanes.set(entity, lane)
    }
    return lane
  }

  #shelf(entity: EntityKey, epoch: Epoch): Shelf {
    let shelf = this.#state.shelves.get(entity)
    if (shelf === undefined) {
      shelf = { epoch, base: ORIGIN, rows: [], tombstone: null }
      this.#state.shelves.set(entity, shelf)
    }
    return shelf
  }

  #mint = (): string => this.#options.random.id(INCARNATION_LENGTH)

  /** In the order of the calls, but not inside them. */
  #later<Value>(work: () => Value): Promise<Value> {
    if (this.#closed) return Promise.reject(new TributaryError('draining', 'the log is closed'))
    const done = Promise.resolve().then(work)
    this.#last = done.catch(() => {})
    return done
  }
}

const NOTHING: Pick<Shelf, 'rows' | 'tombstone'> = { rows: [], tombstone: null }
