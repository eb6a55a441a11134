import type { EntityKey } from '../core/ids.ts'
import type { Position } from '../core/position.ts'
import type { Keep, SnapshotRecord, StoredSnapshot } from '../sqlite/calls.ts'
import type { SqliteStore } from '../sqlite/store.ts'
import type { Snapshot, SnapshotInfo, Snapshots } from './snapshots.ts'

/** Written at once, in bytes: an append waits for no more than that. */
const PIECE_BYTES = 256 * 1024

/**
 * Snapshots beside the log in SQLite. A commit is many short transactions and one that counts: the
 * pieces, each read back and compared; then the flip, durable and under its conditions; then the
 * trim. What a crash leaves behind before the flip is never seen, and swept; after it, the trim is
 * made up for by the next commit.
 */
export class SqliteSnapshots implements Snapshots {
  readonly #store: SqliteStore
  readonly #foundDamaged: (entity: EntityKey, why: 'damaged') => void

  /** @param damaged Called once for each that is passed over. */
  constructor(store: SqliteStore, damaged: (entity: EntityKey, why: 'damaged') => void = () => {}) {
    this.#store = store
    this.#foundDamaged = damaged
  }

  async load(entity: EntityKey): Promise<Snapshot | null> {
    const { snapshot, damaged } = await this.#store.loadSnapshot(entity)
    for (let left = damaged; left > 0; left--) this.#foundDamaged(entity, 'damaged')
    return snapshot && snapshotOf(snapshot)
  }

  async commit(
    entity: EntityKey,
    snapshot: Snapshot,
    replaces: Position | null,
  ): Promise<'committed' | 'stale'> {
    const keep = await this.#store.beginSnapshot(entity, recordOf(snapshot), replaces)
    if (keep === null) return 'stale'
    if (!(await this.#writeAndKeep(snapshot, keep))) return 'stale'
    await this.#store.trim(entity)
    return 'committed'
  }

  /** Snapshots go with their generation: nothing is left of them to be removed. */
  async remove(_entity: EntityKey): Promise<void> {}

  async *list(): AsyncGenerator<SnapshotInfo> {
    for await (const { key, about } of this.#store.snapshots()) {
      if (about === null) continue
      yield { entity: key as EntityKey, position: about.position, bytes: about.parts[0] }
    }
  }

  async #writeAndKeep(snapshot: Snapshot, keep: Keep): Promise<boolean> {
    let kept = false
    try {
      kept = (await this.#write(snapshot, keep.snapshot)) && (await this.#store.keepSnapshot(keep))
      return kept
    } finally {
      if (!kept) await this.#store.dropSnapshot(keep.snapshot)
    }
  }

  async #write(snapshot: Snapshot, no: number): Promise<boolean> {
    let next = 0
    for (const piece of piecesOf(partsOf(snapshot))) {
      if (!(await this.#store.writePiece(no, next++, piece))) return false
    }
    return true
  }
}

type Parts = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array, ...emptied: Uint8Array[]]

const partsOf = ({ update, stateVector, deleteSet, index, emptied }: Snapshot): Parts => [
  update,
  stateVector,
  deleteSet,
  index,
  ...(emptied === undefined ? [] : [emptied]),
]

function recordOf(snapshot: Snapshot): SnapshotRecord {
  const [update, stateVector, deleteSet, index, ...more] = partsOf(snapshot)
  return {
    position: snapshot.position,
    depth: snapshot.depth,
    parts: [
      ...([update.length, stateVector.length, deleteSet.length, index.length] as const),
      ...more.map(({ length }) => length),
    ],
  }
}

function snapshotOf({ about, bytes }: StoredSnapshot): Snapshot {
  let from = 0
  const [update, stateVector, deleteSet, index, emptied] = about.parts.map((size) => {
    from += size
    return new Uint8Array(bytes, from - size, size)
  }) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array?]
  const { position, depth } = about
  const snapshot = { position, depth, update, stateVector, deleteSet, index }
  return emptied === undefined ? snapshot : { ...snapshot, emptied }
}

/** All parts as one run of bytes, cut; each piece has a buffer of its own, to be handed over. */
function* piecesOf(parts: Parts): Generator<Uint8Array<ArrayBuffer>> {
  let left = parts.reduce((sum, part) => sum + part.length, 0)
  let piece = new Uint8Array(Math.min(left, PIECE_BYTES))
  let filled = 0
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const chunk = part.subarray(at, at + piece.length - filled)
      piece.set(chunk, filled)
      filled += chunk.length
      at += chunk.length
      left -= chunk.length
      if (filled < piece.length) continue
      yield piece
      piece = new Uint8Array(Math.min(left, PIECE_BYTES))
      filled = 0
    }
  }
}
