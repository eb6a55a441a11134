import { NO_BRANCH } from '../core/branch.ts'
import type { Clock, Random } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Logger } from '../core/logger.ts'
import { INCARNATION_LENGTH, type Position } from '../core/position.ts'
import type { StateVector } from '../crdt/scan.ts'
import type { StoredLog, StoredRow } from '../sqlite/calls.ts'
import type { SqliteStore } from '../sqlite/store.ts'
import { entryAt, type Row, readFrom } from './chain.ts'
import { readContent } from './entry.ts'
import { Feeds } from './feeds.ts'
import { GroupWriter } from './group.ts'
import type { Placed } from './lane.ts'
import { Lanes, type StoredLane } from './lanes.ts'
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
import { Pacer } from './pacer.ts'
import { costAside } from './set-aside.ts'
import { mergeTombstones } from './tombstone.ts'

export interface SqliteLogOptions {
  readonly clock: Pick<Clock, 'after' | 'monotonic' | 'soon' | 'wall'>
  readonly random: Pick<Random, 'id'>
  readonly logger: Logger
  readonly limits: { readonly setAsideBytes: number }
  readonly paces: { readonly commit: number }
}

/** Bytes of updates in one group, and operations: a group is one buffer and one transaction. */
const GROUP_BYTES = 16 * 1024 * 1024
const GROUP_SIZE = 4_096
interface Settling {
  reject(error: unknown): void
}
interface Append extends Settling {
  readonly is: 'append'
  readonly entity: EntityKey
  readonly entry: NewEntry
  readonly expect: Position | undefined
  resolve(appended: Appended): void
}
interface Remove extends Settling {
  readonly is: 'remove'
  readonly entity: EntityKey
  readonly stateVector: StateVector
  resolve(head: Position): void
}
interface Keep extends Settling {
  readonly is: 'set-aside'
  readonly entity: EntityKey
  readonly time: number
  readonly why: string
  readonly bytes: Uint8Array
  resolve(): void
}
type Operation = Append | Remove | Keep

/**
 * The log in SQLite, at the tier `disk`.
 *
 * Appends wait in a queue; a group of them is given places, encoded, and committed by the writer's
 * thread in one transaction; then subscribers are told and the appends resolve, in their order. One
 * group is under way at a time, and as long as it is, what comes waits for the next: so places can
 * be given here, and a group that fails leaves nothing that was built on it.
 */
export class SqliteLog implements Log {
  readonly tier = 'disk'
  readonly #store: SqliteStore
  readonly #options: SqliteLogOptions
  readonly #feeds: Feeds
  readonly #pacer: Pacer
  readonly #lanes: Lanes
  readonly #queue: Operation[] = []
  #working: Promise<void> | null = null
  #closed = false

  constructor(store: SqliteStore, options: SqliteLogOptions) {
    this.#store = store
    this.#options = options
    this.#feeds = new Feeds(options.logger)
    this.#lanes = new Lanes(store)
    this.#pacer = new Pacer(options.clock, options.paces.commit)
  }

  append(entity: EntityKey, entry: NewEntry, options: AppendOptions = {}): Promise<Appended> {
    const { expect } = options
    return new Promise((resolve, reject) => {
      this.#enqueue({ is: 'append', entity, entry, expect, resolve, reject })
    })
  }

  remove(entity: EntityKey, stateVector: StateVector): Promise<Position> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ is: 'remove', entity, stateVector, resolve, reject })
    })
  }

  setAside(entity: EntityKey, bytes: Uint8Array, why: string): Promise<void> {
    const time = this.#options.clock.wall()
    return new Promise((resolve, reject) => {
      this.#enqueue({ is: 'set-aside', entity, time, why, bytes, resolve, reject })
    })
  }

  async read(entity: EntityKey, after: Position): Promise<LogRead> {
    if (this.#closed) throw closedError()
    const log = await this.#store.log(entity, after)
    if (log === null) return readFrom(NOTHING, after, () => null, [])
    const tombstone = mergeTombstones(log.tombstones.map((one) => new Map(one)))
    return readFrom({ branch: log.branch, tombstone }, after, () => log.checkAt, rowsOf(log))
  }

  subscribe(entity: EntityKey, after: Position, sink: EntrySink): Promise<Subscription> {
    return this.#feeds.subscribe(entity, sink, () => this.read(entity, after))
  }

  async *listSetAside(): AsyncGenerator<SetAside> {
    for await (const { key, time, why, bytes } of this.#store.setAside()) {
      yield { entity: key as EntityKey, time, why, bytes }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#pacer.hurry()
    await this.#working
    this.#feeds.close()
  }

  #enqueue(operation: Operation): void {
    if (this.#closed) {
      operation.reject(closedError())
      return
    }
    this.#queue.push(operation)
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#pacer.next()
      await this.#commit(this.#takeGroup())
    }
    this.#working = null
  }

  #takeGroup(): Operation[] {
    let bytes = 0
    let size = 0
    for (const operation of this.#queue) {
      bytes += sizeOf(operation)
      if (size === GROUP_SIZE || (size > 0 && bytes > GROUP_BYTES)) break
      size++
    }
    return this.#queue.splice(0, size)
  }

  async #commit(operations: readonly Operation[]): Promise<void> {
    try {
      const inLogs = operations.filter(({ is }) => is !== 'set-aside')
      const lanes = await this.#lanes.find(inLogs.map(({ entity }) => entity))
      const group = new GroupWriter(
        operations.flatMap((one) => ('entry' in one ? [one.entry] : [])),
      )
      // What is refused is told when the rest is durable: that is what it was compared with.
      const outcomes = operations.map((operation) => this.#put(operation, lanes, group))
      if (!group.isEmpty) await this.#store.commit(group.finish())
      this.#lanes.keep(lanes)
      for (const tell of outcomes) tell()
    } catch (error) {
      this.#fail(operations, TributaryError.from(error))
    }
  }

  /** @returns what to tell when the group is durable. */
  #put(
    operation: Operation,
    lanes: ReadonlyMap<EntityKey, StoredLane | TributaryError>,
    group: GroupWriter,
  ): () => void {
    if (operation.is === 'set-aside') return this.#putAside(operation, group)
    const lane = lanes.get(operation.entity) as StoredLane | TributaryError
    if (lane instanceof TributaryError) return () => operation.reject(lane)
    return operation.is === 'remove'
      ? this.#putRemoval(operation, lane, group)
      : this.#putEntry(operation, lane, group)
  }

  #putEntry(append: Append, stored: StoredLane, group: GroupWriter): () => void {
    const { entity, entry, expect, resolve } = append
    let placed: Placed
    try {
      placed = stored.lane.place(entry.id, expect, this.#mint)
    } catch (conflict) {
      return () => append.reject(conflict)
    }
    const { position } = placed
    const appended: Appended = { position, tier: this.tier, replicas: 0 }
    if (placed.is === 'known') return () => resolve(appended)
    if (stored.entity === null) {
      stored.entity = this.#store.nextEntity()
      group.change({ is: 'begin', key: entity, entity: stored.entity, epoch: position.epoch })
    }
    group.append(stored.entity, position, entry)
    return () => {
      if (this.#feeds.has(entity)) {
        this.#feeds.entry(entity, entryAt(position, entry), placed.previous)
      }
      resolve(appended)
    }
  }

  #putRemoval(removal: Remove, stored: StoredLane, group: GroupWriter): () => void {
    const { entity, stateVector, resolve } = removal
    const head = stored.lane.remove(this.#mint)
    stored.entity = this.#store.nextEntity()
    group.change({
      is: 'remove',
      key: entity,
      entity: stored.entity,
      epoch: head.epoch,
      tombstone: [...stateVector],
    })
    return () => {
      this.#feeds.reset(entity, head)
      resolve(head)
    }
  }

  #putAside({ entity, time, why, bytes, resolve }: Keep, group: GroupWriter): () => void {
    const bound = this.#options.limits.setAsideBytes
    group.change({ is: 'set-aside', key: entity, time, why, bytes, cost: costAside(bytes), bound })
    return resolve
  }

  /** What was to follow in the same logs fails too: its authors believed in what came before it. */
  #fail(operations: readonly Operation[], error: TributaryError): void {
    const entities = new Set(operations.map(({ entity }) => entity))
    this.#lanes.forget(entities)
    const behind = this.#queue.filter(({ entity }) => entities.has(entity))
    const others = this.#queue.filter(({ entity }) => !entities.has(entity))
    this.#queue.splice(0, this.#queue.length, ...others)
    for (const operation of [...operations, ...behind]) operation.reject(error)
  }

  readonly #mint = (): string => this.#options.random.id(INCARNATION_LENGTH)
}

const NOTHING = { branch: NO_BRANCH, tombstone: null }

const closedError = (): TributaryError => new TributaryError('draining', 'the log is closed')

const sizeOf = (operation: Operation): number =>
  operation.is === 'append'
    ? operation.entry.update.length
    : operation.is === 'set-aside'
      ? operation.bytes.length
      : 0

const rowsOf = ({ rows, slab }: StoredLog): Row[] =>
  rows.map(({ offset, check, content }: StoredRow): Row => {
    if (typeof content === 'string') return { offset, check, content }
    const bytes = Buffer.from(slab, content.from, content.to - content.from)
    return { offset, check, content: readContent(bytes) }
  })
