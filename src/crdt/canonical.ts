import * as Y from 'yjs'
import { TributaryError } from '../core/errors.ts'
import { DeleteRanges } from './delete-ranges.ts'
import { Knowledge } from './knowledge.ts'
import { type SoundUpdate, type StateVector, UpdateScan } from './scan.ts'
import { scanUpdate } from './scan-update.ts'
import { SnapshotIndex } from './snapshot-index.ts'
import { encodeStateVector } from './state-vector.ts'

/** What is made of a snapshot and the entries behind it. */
export interface Compacted {
  /** The canonical form. */
  readonly update: SoundUpdate
  /** Encoded. */
  readonly stateVector: Uint8Array
  /** Encoded; holds also the deletes that no entry names. */
  readonly deleteSet: Uint8Array
  /** Encoded, see `SnapshotIndex`. */
  readonly index: Uint8Array
  /** How many types the deepest one stands in, itself included. */
  readonly depth: number
  /**
   * Whether it loads to its own bytes. Else it loads to the same clocks and deletes, but Yjs puts
   * something into another place: an undo between concurrent edits can leave an item whose right
   * origin stands left of its origin, and where that goes depends on how its neighbours are merged.
   * (Seen with 1 of 2,000 random sessions. Such replicas differ without any server, too.)
   */
  readonly stable: boolean
}

export interface CompactOptions {
  /** False keeps the content of what was deleted, for applications with versions of their own. */
  readonly gc: boolean
  /** The state vector that must come out. */
  readonly known?: StateVector
  /** An encoded delete set of which nothing may be missing. */
  readonly deletes?: Uint8Array
}

/**
 * One snapshot of a base (the snapshot before, or none) and the entries behind it, in their order.
 *
 * Everything is loaded in one transaction into a document without types: one `applyUpdate` after
 * another, or a typed root, lets Yjs' clean-up of formats delete what no log has deleted. What is
 * stored is the canonical form, so that equal entities have equal bytes.
 *
 * Nothing is believed: a state vector and deletes are computed from the bytes without Yjs, and what
 * Yjs made must match them, must have nothing pending, and must load again to the same (`stable`).
 *
 * It builds documents of 12 times the bytes and, in Yjs, recurses as deep as types nest: run it in a
 * thread with a large stack.
 *
 * @throws {TributaryError} `damaged`, with the condition that failed.
 */
export function compactUpdates(
  base: Uint8Array | null,
  entries: readonly Uint8Array[],
  options: CompactOptions,
): Compacted {
  const expected = new Knowledge()
  const sound = (base === null ? entries : [base, ...entries]).map((bytes, i) => {
    const what = base === null ? `entry ${i}` : i === 0 ? 'the base' : `entry ${i - 1}`
    return learned(bytes, what, expected)
  })
  const { encoded, depth } = encodeFirst(sound, options.gc)
  const { update, again } = settled(encoded, options.gc)
  const scan = scanUpdate(update, new UpdateScan())
  const made = new Knowledge()
  made.learn(scan)
  const stable = isSame(update, again)
  hold(stable || hasSame(again, made), 'the snapshot does not load to what it holds')
  holdVector(made, expected.known)
  holdDeletes(made, expected.encodeDeletes())
  if (options.known !== undefined) holdVector(made, options.known)
  if (options.deletes !== undefined) holdDeletes(made, options.deletes)
  return {
    update,
    stateVector: encodeStateVector(made.known),
    deleteSet: update.slice(scan.deletesAt),
    index: SnapshotIndex.of(scan).encode(),
    depth,
    stable,
  }
}

/**
 * The form by which two replicas are compared: encoded, applied at once to a fresh document with
 * garbage collection, encoded again. Raw encodings of equal replicas differ (what an UndoManager
 * keeps, `gc: false`); equal state vectors prove nothing. No server compares replicas: this is for
 * tests, and stands here because it is the form in which snapshots are stored.
 *
 * @throws {TributaryError} `malformed` when the bytes are no update, `damaged` when something in it
 *   waits for what it does not hold.
 */
export function canonicalForm(update: Uint8Array): SoundUpdate {
  return encodeOnceMore(scanUpdate(update, new UpdateScan()).bytes, true)
}

/** An update that continues what was learned before it. */
function learned(bytes: Uint8Array, what: string, knowledge: Knowledge): SoundUpdate {
  try {
    const scan = scanUpdate(bytes)
    knowledge.learn(scan)
    return scan.bytes
  } catch (cause) {
    throw new TributaryError('damaged', `${what}: ${TributaryError.from(cause).message}`, { cause })
  }
}

// On its own, so that the document can be collected before the next one is built.
function encodeFirst(updates: readonly SoundUpdate[], gc: boolean) {
  const doc = loadAll(updates, gc)
  return { encoded: encode(doc), depth: depthOf(doc) }
}

/** The canonical form, and what comes of loading it again. */
function settled(encoded: SoundUpdate, gc: boolean) {
  const again = encodeOnceMore(encoded, gc)
  // What a fresh document encodes is canonical already, but for what `stable` tells about.
  if (isSame(encoded, again)) return { update: encoded, again }
  return { update: again, again: encodeOnceMore(again, gc) }
}

const encodeOnceMore = (update: SoundUpdate, gc: boolean): SoundUpdate =>
  encode(loadAll([update], gc))

function loadAll(updates: readonly SoundUpdate[], gc: boolean): Y.Doc {
  const doc = new Y.Doc({ gc })
  try {
    // In one transaction no text was there before, so Yjs finds none to clean up formats in.
    Y.transact(
      doc,
      () => {
        for (const update of updates) Y.applyUpdate(doc, update, 'load')
      },
      'load',
      false,
    )
  } catch (cause) {
    throw new TributaryError('damaged', 'Yjs cannot load it', { cause })
  }
  // Left behind by a throw in a clean-up: such a document never emits or collects again.
  hold(doc._transactionCleanups.length === 0, 'a transaction was not cleaned up')
  hold(doc.store.pendingStructs === null, 'structs wait for what is not there')
  hold(doc.store.pendingDs === null, 'deletes wait for what is not there')
  return doc
}

function encode(doc: Y.Doc): SoundUpdate {
  try {
    return Y.encodeStateAsUpdate(doc) as SoundUpdate
  } catch (cause) {
    throw new TributaryError('damaged', 'Yjs cannot encode it', { cause })
  }
}

/** How deep types nest. Not by recursion: a document may be deeper than a stack. */
function depthOf(doc: Y.Doc): number {
  const depths = new Map<Y.Item, number>()
  let deepest = 0
  for (const structs of doc.store.clients.values()) {
    for (const struct of structs) {
      if (!(struct instanceof Y.Item && struct.content instanceof Y.ContentType)) continue
      const above: Y.Item[] = []
      let item: Y.Item | null = struct
      while (item !== null && !depths.has(item)) {
        above.push(item)
        item = parentOf(item)
      }
      let depth = item === null ? 0 : (depths.get(item) as number)
      for (let next = above.pop(); next !== undefined; next = above.pop()) depths.set(next, ++depth)
      deepest = Math.max(deepest, depth)
    }
  }
  return deepest
}

const parentOf = (item: Y.Item): Y.Item | null =>
  item.parent instanceof Y.AbstractType ? item.parent._item : null

function hold(condition: boolean, failed: string): asserts condition {
  if (!condition) throw new TributaryError('damaged', failed)
}

const holdVector = (made: Knowledge, known: StateVector): void =>
  hold(isSameVector(made.known, known), 'the state vector is another')

const holdDeletes = (made: Knowledge, deleteSet: Uint8Array): void =>
  hold(
    DeleteRanges.decode(made.encodeDeletes()).contains(DeleteRanges.decode(deleteSet)),
    'deletes are missing',
  )

/** Whether an update holds the clocks and the deletes that were learned from another. */
function hasSame(update: SoundUpdate, made: Knowledge): boolean {
  const other = new Knowledge()
  other.learn(scanUpdate(update))
  return (
    isSameVector(other.known, made.known) && isSame(other.encodeDeletes(), made.encodeDeletes())
  )
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

const isSameVector = (a: StateVector, b: StateVector): boolean =>
  a.size === b.size && [...a].every(([client, clock]) => b.get(client) === clock)
