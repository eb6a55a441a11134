import { TributaryError } from '../../src/core/errors.ts'
import type { EntityKey } from '../../src/core/ids.ts'
import { DEFAULT_LIMITS } from '../../src/core/limits.ts'
import { SILENT } from '../../src/core/logger.ts'
import { ORIGIN, type Position } from '../../src/core/position.ts'
import type { StateVector } from '../../src/crdt/scan.ts'
import type {
  Appended,
  AppendOptions,
  EntrySink,
  Log,
  LogRead,
  NewEntry,
  Subscription,
} from '../../src/log/log.ts'
import { emptyLogState, MemoryLog } from '../../src/log/memory.ts'
import { type MemorySnapshotState, MemorySnapshots } from '../../src/snapshots/memory.ts'
import type { Snapshot, SnapshotInfo, Snapshots } from '../../src/snapshots/snapshots.ts'
import type { Seeded } from './seeded.ts'
import { LogAudit } from './sim-audit.ts'
import type { SimClock } from './sim-clock.ts'

export interface StoreNature {
  /** Milliseconds that anything takes; half before it is done, half until it is told. */
  readonly delay: number
  /** Shares of appends: of those that fail, and of those that are done and look as if they failed. */
  readonly failing: number
  readonly unanswered: number
}

/** What outlives a node: the memory adapters' state, and an audit of all that ever came into the log. */
export class SimStore {
  readonly audit = new LogAudit()
  readonly #clock: SimClock
  readonly #random: Seeded
  readonly #nature: StoreNature
  readonly #logState = emptyLogState()
  readonly #snapshotState: MemorySnapshotState = new Map()
  failures = 0

  constructor(clock: SimClock, random: Seeded, nature: StoreNature) {
    this.#clock = clock
    this.#random = random
    this.#nature = nature
  }

  /** The adapters for one node, over what is stored. Once it is not alive, nothing is done or told. */
  async open(
    entity: EntityKey,
    isAlive: () => boolean,
  ): Promise<{ log: Log; snapshots: Snapshots }> {
    const random = { id: (length: number) => idOf(this.#random, length) }
    const inner = new MemoryLog(
      { clock: this.#clock, random, logger: SILENT, limits: DEFAULT_LIMITS },
      this.#logState,
    )
    const pace: Pace = async (work) => {
      const half = () => this.#clock.sleep((this.#random.next() * this.#nature.delay) / 2)
      await half()
      if (!isAlive()) await NEVER
      const result = await work()
      await half()
      if (!isAlive()) await NEVER
      return result
    }
    const snapshots = new MemorySnapshots(inner, this.#snapshotState)
    await inner.subscribe(entity, this.audit.position, this.audit)
    return {
      log: new SlowLog(inner, pace, () => this.#fate()),
      snapshots: new SlowSnapshots(snapshots, pace, (snapshot) => this.audit.compacted(snapshot)),
    }
  }

  /** What a cold start finds. */
  async read(entity: EntityKey): Promise<Uint8Array[]> {
    const { log, snapshots } = await this.#quick()
    const snapshot = await snapshots.load(entity)
    const read = await log.read(entity, snapshot?.position ?? ORIGIN)
    if (read.is === 'reset') throw new Error('the log does not continue its snapshot')
    if (read.skipped.length > 0) throw new Error('an entry of the log is damaged')
    const entries = read.entries.map(({ update }) => update)
    return snapshot === null ? entries : [snapshot.update, ...entries]
  }

  async #quick() {
    const random = { id: (length: number) => idOf(this.#random, length) }
    const options = { clock: this.#clock, random, logger: SILENT, limits: DEFAULT_LIMITS }
    const log = new MemoryLog(options, this.#logState)
    return { log, snapshots: new MemorySnapshots(log, this.#snapshotState) }
  }

  #fate(): 'done' | 'failed' | 'unanswered' {
    const { failing, unanswered } = this.#nature
    const roll = this.#random.next()
    if (roll >= failing + unanswered) return 'done'
    this.failures++
    return roll < failing ? 'failed' : 'unanswered'
  }
}

/** `length` characters, replayed by the seed. */
export const idOf = (random: Seeded, length: number): string =>
  Array.from({ length }, () => random.int(0, 35).toString(36)).join('')

type Pace = <Result>(work: () => Promise<Result>) => Promise<Result>

const NEVER = new Promise<never>(() => {})

class SlowLog implements Log {
  readonly tier = 'memory'
  readonly #inner: Log
  readonly #pace: Pace
  readonly #fate: () => 'done' | 'failed' | 'unanswered'

  constructor(inner: Log, pace: Pace, fate: () => 'done' | 'failed' | 'unanswered') {
    this.#inner = inner
    this.#pace = pace
    this.#fate = fate
  }

  append(entity: EntityKey, entry: NewEntry, options?: AppendOptions): Promise<Appended> {
    return this.#pace(async () => {
      const fate = this.#fate()
      if (fate === 'failed') throw new TributaryError('storage', 'simulated: nothing was appended')
      const appended = await this.#inner.append(entity, entry, options)
      if (fate === 'unanswered')
        throw new TributaryError('storage', 'simulated: the answer is lost')
      return appended
    })
  }

  read(entity: EntityKey, after: Position): Promise<LogRead> {
    return this.#pace(() => this.#inner.read(entity, after))
  }

  subscribe(entity: EntityKey, after: Position, sink: EntrySink): Promise<Subscription> {
    return this.#pace(() => this.#inner.subscribe(entity, after, sink))
  }

  remove(entity: EntityKey, stateVector: StateVector): Promise<Position> {
    return this.#pace(() => this.#inner.remove(entity, stateVector))
  }

  setAside(entity: EntityKey, bytes: Uint8Array, why: string): Promise<void> {
    return this.#pace(() => this.#inner.setAside(entity, bytes, why))
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

class SlowSnapshots implements Snapshots {
  readonly #inner: Snapshots
  readonly #pace: Pace
  readonly #committed: (snapshot: Snapshot) => void

  constructor(inner: Snapshots, pace: Pace, committed: (snapshot: Snapshot) => void) {
    this.#inner = inner
    this.#pace = pace
    this.#committed = committed
  }

  load(entity: EntityKey): Promise<Snapshot | null> {
    return this.#pace(() => this.#inner.load(entity))
  }

  commit(
    entity: EntityKey,
    snapshot: Snapshot,
    replaces: Position | null,
  ): Promise<'committed' | 'stale'> {
    return this.#pace(async () => {
      const result = await this.#inner.commit(entity, snapshot, replaces)
      if (result === 'committed') this.#committed(snapshot)
      return result
    })
  }

  remove(entity: EntityKey): Promise<void> {
    return this.#pace(() => this.#inner.remove(entity))
  }

  list(): AsyncIterable<SnapshotInfo> {
    return this.#inner.list()
  }
}
