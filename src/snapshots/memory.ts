import { isNextSnapshot } from '../core/branch.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Epoch, Position } from '../core/position.ts'
import type { Snapshot, SnapshotInfo, Snapshots } from './snapshots.ts'

/** What snapshots in memory ask of the log they lie beside. `MemoryLog` is one. */
export interface LogBeneath {
  /** A snapshot of another epoch is of a removed generation. */
  epochOf(entity: EntityKey): Epoch
  /** Whether the log, at or above its trim, goes through this position. */
  holds(entity: EntityKey, position: Position): boolean
  /** Drops entries up to an offset, but none that could not be read, nor any behind it. */
  trim(entity: EntityKey, upTo: number): void
}

/** The newest first, two at most; `damaged` is what a simulation puts in the place of one. */
export type Kept = Snapshot | 'damaged'

/** All that memory snapshots hold: comes in from outside, as the log's does. */
export type MemorySnapshotState = Map<EntityKey, readonly Kept[]>

/** The twin of the snapshots in SQLite: same conditions, same two generations. */
export class MemorySnapshots implements Snapshots {
  readonly #log: LogBeneath
  readonly #state: MemorySnapshotState

  constructor(log: LogBeneath, state: MemorySnapshotState = new Map()) {
    this.#log = log
    this.#state = state
  }

  async load(entity: EntityKey): Promise<Snapshot | null> {
    const [newest] = this.#whole(entity)
    return newest === undefined ? null : ownCopy(newest)
  }

  async commit(
    entity: EntityKey,
    snapshot: Snapshot,
    replaces: Position | null,
  ): Promise<'committed' | 'stale'> {
    const { position } = snapshot
    const [newest] = this.#whole(entity)
    if (!isNextSnapshot(position, newest?.position ?? null, replaces)) return 'stale'
    if (!this.#log.holds(entity, position)) return 'stale'
    this.#state.set(entity, newest === undefined ? [snapshot] : [snapshot, newest])
    if (newest !== undefined) this.#log.trim(entity, newest.position.offset)
    return 'committed'
  }

  async remove(entity: EntityKey): Promise<void> {
    const current = this.#whole(entity)
    if (current.length === 0) this.#state.delete(entity)
    else this.#state.set(entity, current)
  }

  async *list(): AsyncGenerator<SnapshotInfo> {
    for (const entity of [...this.#state.keys()]) {
      const [newest] = this.#whole(entity)
      if (newest === undefined) continue
      yield { entity, position: newest.position, bytes: newest.update.length }
    }
  }

  #whole(entity: EntityKey): Snapshot[] {
    const epoch = this.#log.epochOf(entity)
    const kept = this.#state.get(entity) ?? []
    return kept.filter((one) => one !== 'damaged').filter((one) => one.position.epoch === epoch)
  }
}

const ownCopy = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  update: snapshot.update.slice(),
  stateVector: snapshot.stateVector.slice(),
  deleteSet: snapshot.deleteSet.slice(),
  index: snapshot.index.slice(),
  ...(snapshot.emptied === undefined ? {} : { emptied: snapshot.emptied.slice() }),
})
