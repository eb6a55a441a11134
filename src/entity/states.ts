import { LRUCache } from 'lru-cache'
import type { EntityKey } from '../core/ids.ts'
import { ORIGIN, type Position } from '../core/position.ts'
import { PIECE_BYTES } from '../crdt/pieces.ts'
import { EMPTY_UPDATE, type SoundUpdate } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import type { OpenSnapshot } from '../crdt/slices.ts'
import { SnapshotIndex } from '../crdt/snapshot-index.ts'
import { decodeStateVector } from '../crdt/state-vector.ts'
import type { Snapshot, Snapshots } from '../snapshots/snapshots.ts'

/** A snapshot in memory, opened for joins. `position` is `ORIGIN` while an entity has none. */
export interface State extends OpenSnapshot {
  readonly position: Position
  /** Encoded. */
  readonly deleteSet: Uint8Array
  readonly depth: number
  /** Encoded: what of it was taken without its content. */
  readonly emptied?: Uint8Array
  /** What it weighs in memory, in bytes: with the pieces that joiners are sent, if it is cut. */
  readonly weight: number
}

/** What an entry of the cache weighs besides its bytes. Measured roughly: six objects and a key. */
const OVERHEAD = 600

/** A decoded index against its bytes. */
const INDEX_GROWTH = 4
/** An entry of a decoded state vector. */
const CLIENT_BYTES = 48

/** An empty delete set, of which there is but one. */
const NO_DELETES = Uint8Array.of(0)

export const NO_STATE: State = {
  position: ORIGIN,
  update: EMPTY_UPDATE,
  stateVector: new Map(),
  deleteSet: NO_DELETES,
  index: SnapshotIndex.of(scanUpdate(EMPTY_UPDATE)),
  depth: 0,
  weight: OVERHEAD,
}

/**
 * Snapshots in memory, bounded in bytes, the least used go first. A thousand clients that join at
 * once cause one load.
 */
export class States {
  readonly #cache: LRUCache<EntityKey, State>
  readonly #snapshots: Snapshots

  constructor(snapshots: Snapshots, cacheBytes: number) {
    this.#snapshots = snapshots
    this.#cache = new LRUCache<EntityKey, State>({
      maxSize: Math.max(1, cacheBytes),
      sizeCalculation: ({ weight }) => weight,
      // A reload while others wait for the same load must not fail them.
      ignoreFetchAbort: true,
      fetchMethod: (key) => this.stored(key),
    })
  }

  /** Without waiting, when it is in memory. */
  peek(key: EntityKey): State | undefined {
    return this.#cache.get(key)
  }

  /** Whether it is in memory, which is no use of it. */
  has(key: EntityKey): boolean {
    return this.#cache.has(key)
  }

  /** @throws what `Snapshots.load` throws. */
  async load(key: EntityKey): Promise<State> {
    return (await this.#cache.forceFetch(key)) as State
  }

  /** Loads it again even if it is in memory. */
  async reload(key: EntityKey): Promise<State> {
    this.#cache.delete(key)
    return this.load(key)
  }

  /** What is stored, whatever is in memory, which stays as it is. @throws as `load`. */
  async stored(key: EntityKey): Promise<State> {
    const snapshot = await this.#snapshots.load(key)
    return snapshot === null ? NO_STATE : stateOf(snapshot)
  }

  set(key: EntityKey, snapshot: Snapshot): void {
    this.put(key, stateOf(snapshot))
  }

  put(key: EntityKey, state: State): void {
    this.#cache.set(key, state)
  }

  delete(key: EntityKey): void {
    this.#cache.delete(key)
  }

  get bytes(): number {
    return this.#cache.calculatedSize
  }
}

/** A snapshot was checked and read back when it was made, and its checksum held when it was read. */
function stateOf(snapshot: Snapshot): State {
  const { position, deleteSet, depth, emptied } = snapshot
  const stateVector = decodeStateVector(snapshot.stateVector)
  return {
    position,
    update: snapshot.update as SoundUpdate,
    stateVector,
    // Of most nothing was deleted; the bytes of that need not be there for each.
    deleteSet: deleteSet.length === 1 ? NO_DELETES : deleteSet,
    index: SnapshotIndex.decode(snapshot.index),
    depth,
    ...(emptied === undefined ? {} : { emptied }),
    weight:
      OVERHEAD +
      (emptied?.length ?? 0) +
      snapshot.update.length * (snapshot.update.length > PIECE_BYTES ? 2 : 1) +
      deleteSet.length +
      snapshot.index.length * INDEX_GROWTH +
      stateVector.size * CLIENT_BYTES,
  }
}
