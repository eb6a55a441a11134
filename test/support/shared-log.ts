import type { Clock } from '../../src/core/clock.ts'
import { TributaryError } from '../../src/core/errors.ts'
import type { EntityKey } from '../../src/core/ids.ts'
import { DEFAULT_LIMITS } from '../../src/core/limits.ts'
import { SILENT } from '../../src/core/logger.ts'
import { type Epoch, generationOf, ORIGIN, type Position } from '../../src/core/position.ts'
import type { StateVector } from '../../src/crdt/scan.ts'
import type {
  Appended,
  EntrySink,
  Log,
  LogRead,
  NewEntry,
  Subscription,
} from '../../src/log/log.ts'
import { emptyLogState, MemoryLog } from '../../src/log/memory.ts'
import { RedisFeed } from '../../src/log/redis/feed.ts'
import type { News } from '../../src/log/redis/news.ts'
import type { OwnOutcome } from '../../src/log/redis/own-appends.ts'
import { type MemorySnapshotState, MemorySnapshots } from '../../src/snapshots/memory.ts'
import type { Snapshot, Snapshots } from '../../src/snapshots/snapshots.ts'
import type { Seeded } from './seeded.ts'
import { idOf } from './sim-store.ts'

/**
 * One store that several nodes share, as a Redis is: a log in memory whose feeds are those of the log
 * in Redis. It can lose what it has, as by a failover to a replica that was behind, and it says nothing
 * of that: who follows is told when somebody appends, or when an audit looks.
 */
export class SharedStore {
  /** Milliseconds that a call takes at most, before it is done and again until it is answered. */
  delay = 0
  /** The share of appends whose answer is lost, done or not. */
  failing = 0
  readonly #clock: Pick<Clock, 'wall' | 'after'>
  readonly #random: Seeded
  readonly #views = new Set<SharedLog>()
  #logState = emptyLogState()
  #snapshotState: MemorySnapshotState = new Map()
  #log: MemoryLog
  #snapshots: MemorySnapshots
  #turn: Promise<unknown> = Promise.resolve()

  constructor(clock: Pick<Clock, 'wall' | 'after'>, random: Seeded) {
    this.#clock = clock
    this.#random = random
    ;[this.#log, this.#snapshots] = this.#open()
  }

  get log(): MemoryLog {
    return this.#log
  }

  /** The snapshots, whichever the store has at the moment of the call. */
  readonly snapshots: Snapshots = {
    load: (entity) => this.atomic(() => this.#snapshots.load(entity)),
    commit: (entity, snapshot: Snapshot, replaces) =>
      this.atomic(() => this.#snapshots.commit(entity, snapshot, replaces)),
    remove: (entity) => this.#snapshots.remove(entity),
    list: () => this.#snapshots.list(),
  }

  /** The log as one node sees it. */
  view(): SharedLog {
    const view = new SharedLog(this, this.#clock)
    this.#views.add(view)
    return view
  }

  /** One call after the other, as scripts in Redis are. */
  atomic<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  publish(entity: EntityKey, news: News, from: SharedLog): void {
    for (const view of this.#views) if (view !== from) view.publish(entity, news)
  }

  /** Half of the way of a call. */
  pause(): Promise<void> {
    if (this.delay === 0) return Promise.resolve()
    return new Promise((resolve) => this.#clock.after(this.#random.next() * this.delay, resolve))
  }

  fails(): boolean {
    return this.failing > 0 && this.#random.chance(this.failing)
  }

  /** What a node is told of snapshots, as slowly as of the log. */
  slowSnapshots(): Snapshots {
    return {
      ...this.snapshots,
      load: async (entity) => {
        await this.pause()
        const snapshot = await this.snapshots.load(entity)
        await this.pause()
        return snapshot
      },
    }
  }

  /** Forgets an entity's entries from an offset on, and the snapshots that go beyond. */
  loseFrom(entity: EntityKey, offset: number): Promise<void> {
    return this.#change(() => {
      const shelf = this.#logState.shelves.get(entity)
      if (shelf === undefined || shelf.base.offset >= offset) return
      shelf.rows = shelf.rows.filter((row) => row.offset < offset)
      const kept = this.#snapshotState.get(entity) ?? []
      const covered = kept.filter((one) => one !== 'damaged' && one.position.offset < offset)
      this.#snapshotState.set(entity, covered)
    })
  }

  /** FLUSHALL. */
  loseAll(): Promise<void> {
    return this.#change(() => {
      this.#logState = emptyLogState()
      this.#snapshotState = new Map()
    })
  }

  #change(change: () => void): Promise<void> {
    return this.atomic(async () => {
      change()
      ;[this.#log, this.#snapshots] = this.#open()
    })
  }

  #open(): [MemoryLog, MemorySnapshots] {
    const log = new MemoryLog(
      {
        clock: this.#clock,
        random: { id: (length) => idOf(this.#random, length) },
        logger: SILENT,
        limits: DEFAULT_LIMITS,
      },
      this.#logState,
    )
    return [log, new MemorySnapshots(log, this.#snapshotState)]
  }
}

export class SharedLog implements Log {
  readonly tier = 'memory'
  readonly #store: SharedStore
  readonly #clock: Pick<Clock, 'after'>
  readonly #feeds = new Map<EntityKey, Set<RedisFeed>>()
  /** No news comes in, but for what is read. */
  deaf = false
  #channel: Promise<void> = Promise.resolve()

  constructor(store: SharedStore, clock: Pick<Clock, 'after'>) {
    this.#store = store
    this.#clock = clock
  }

  async append(entity: EntityKey, entry: NewEntry): Promise<Appended> {
    const epoch = this.#of(entity).find((feed) => feed.position !== null)?.position?.epoch ?? null
    await this.#store.pause()
    if (this.#store.fails()) throw new TributaryError('storage', 'it has never arrived')
    const outcome = await this.#store.atomic(async () => {
      const { head } = await this.#store.log.read(entity, ORIGIN)
      if (!believes(epoch, head)) return null
      const appended = await this.#store.log.append(entity, entry)
      const { position } = appended
      if (position.offset > head.offset) {
        const news: News = { is: 'entry', previous: head, entry: { ...entry, position } }
        this.#store.publish(entity, news, this)
      }
      return { appended, head }
    })
    await this.#store.pause()
    if (this.#store.fails()) throw new TributaryError('storage', 'the answer is lost')
    if (outcome === null) {
      this.audit(entity)
      throw new TributaryError('storage', 'the log is of another history')
    }
    const { appended, head } = outcome
    const { position } = appended
    if (position.offset <= head.offset) {
      await this.#told(this.#of(entity).map((feed) => feed.reached(position)))
      return appended
    }
    const news: News = { is: 'entry', previous: head, entry: { ...entry, position } }
    await this.#told(this.#of(entity).map((feed) => feed.own(news)))
    return appended
  }

  async #told(outcomes: readonly (OwnOutcome | Promise<OwnOutcome>)[]): Promise<void> {
    const isThere = (await Promise.all(outcomes)).every((outcome) => outcome === 'there')
    if (!isThere) throw new TributaryError('storage', 'the log has lost what it was given')
  }

  async read(entity: EntityKey, after: Position): Promise<LogRead> {
    await this.#store.pause()
    const read = await this.#store.atomic(() => this.#store.log.read(entity, after))
    await this.#store.pause()
    return read
  }

  async subscribe(entity: EntityKey, after: Position, sink: EntrySink): Promise<Subscription> {
    const feeds = this.#feeds.get(entity) ?? new Set()
    this.#feeds.set(entity, feeds)
    const feed = new RedisFeed(sink, {
      clock: this.#clock,
      read: (from) => this.read(entity, from),
      failed: (failed) => this.#clock.after(1_000, () => failed.catchUp()),
      strayed: () => {},
      left: (gone, error) => {
        feeds.delete(gone)
        if (error !== null) throw error
      },
    })
    feeds.add(feed)
    await feed.begin(after)
    return feed
  }

  /** Comes in the order in which it was published, or not at all. */
  publish(entity: EntityKey, news: News): void {
    const before = this.#channel
    this.#channel = this.#store.pause().then(async () => {
      await before
      this.tell(entity, news)
    })
  }

  tell(entity: EntityKey, news: News): void {
    if (!this.deaf) for (const feed of this.#of(entity)) feed.tell(news)
  }

  /** Reads, as an audit makes it do that has found something. */
  audit(entity: EntityKey): void {
    for (const feed of this.#of(entity)) feed.catchUp()
  }

  remove(entity: EntityKey, stateVector: StateVector): Promise<Position> {
    return this.#store.atomic(() => this.#store.log.remove(entity, stateVector))
  }

  setAside(entity: EntityKey, bytes: Uint8Array, why: string): Promise<void> {
    return this.#store.log.setAside(entity, bytes, why)
  }

  async close(): Promise<void> {}

  #of(entity: EntityKey): RedisFeed[] {
    return [...(this.#feeds.get(entity) ?? [])]
  }
}

/** As `append.lua` does: an epoch without an incarnation is that of any log of its generation. */
function believes(epoch: Epoch | null, head: Position): boolean {
  if (epoch === null || epoch === head.epoch) return true
  return epoch.endsWith('.') && generationOf(epoch) === generationOf(head.epoch)
}
