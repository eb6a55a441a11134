import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import { generationOf, type Position, samePosition } from '../core/position.ts'
import { Trail } from '../core/trail.ts'
import type { Knowledge } from '../crdt/knowledge.ts'
import type { SoundUpdate, StateVector, UpdateScan } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import { encodeStateVector } from '../crdt/state-vector.ts'
import type { Covered } from '../snapshots/shared.ts'
import type { Snapshot } from '../snapshots/snapshots.ts'
import { Emptied, type Neutered } from './emptied.ts'
import type { State, States } from './states.ts'
import { lower, Tail } from './tail.ts'

/** What loading found. */
export interface Loaded {
  readonly state: State
  readonly head: Position
  readonly knowledge: Knowledge
  readonly tail: readonly { readonly offset: number; readonly update: SoundUpdate }[]
  readonly tombstone: StateVector | null
  /** `null` when nothing was: of most entities nothing ever is. */
  readonly emptied: Emptied | null
}

/** So many compactions may commit, one after the other, while one snapshot is loaded. */
const RELOADS = 8
/** Whoever comes back from one of its last so many places is not looked for in the store. */
const PLACES = 256
/** Of so many clients a state vector is encoded each time: that is no slower than keeping it is dear. */
const FEW = 16

/**
 * What an open entity consists of: a snapshot, which may be in memory, the tail behind it, and what is
 * known of both together. The snapshot and the tail hold everything that is known, but
 * for what is gathered for the end of a tick.
 */
export class Content {
  readonly tail = new Tail()
  readonly #key: EntityKey
  readonly #states: States
  #knowledge: Knowledge
  #tombstone: StateVector | null
  #emptied: Emptied | null
  /** Where the snapshot ends that the tail continues. */
  #base: Position
  #baseBytes: number
  #depth: number
  #stateVector: Uint8Array | null = null
  /** Kept as long as the store may have lost it. */
  #kept: State | null = null
  /** How often the content was exchanged: what was loaded before is not what the tail continues. */
  #histories = 0
  #position: Position
  /** Where it was before in the same log; an entity at rest has no such places. */
  #trail: Trail | null = null

  constructor(states: States, key: EntityKey, loaded: Loaded) {
    this.#states = states
    this.#key = key
    this.#knowledge = loaded.knowledge
    this.#tombstone = loaded.tombstone
    this.#emptied = loaded.emptied
    this.#base = loaded.state.position
    this.#baseBytes = loaded.state.update.length
    this.#depth = loaded.state.depth
    this.#position = loaded.head
    this.#putTail(loaded)
  }

  /** Where this node is in the log. */
  get position(): Position {
    return this.#position
  }

  set position(position: Position) {
    const before = this.#position
    this.#position = position
    if (samePosition(before, position)) return
    if (before.epoch !== position.epoch || before.offset >= position.offset) this.#trail = null
    else {
      this.#trail ??= new Trail(PLACES)
      this.#trail.note(before)
    }
  }

  /**
   * Whether the log is known to go through a position, and all that is behind it to be in the tail, or
   * about to be.
   */
  hasSince(position: Position): boolean {
    if (position.offset < this.#base.offset) return false
    return samePosition(this.#position, position) || this.#trail?.goesThrough(position) === true
  }

  get knowledge(): Knowledge {
    return this.#knowledge
  }

  get tombstone(): StateVector | null {
    return this.#tombstone
  }

  /** What of it was taken without its content; `null` when nothing was. [V33] */
  get emptied(): Emptied | null {
    return this.#emptied
  }

  /** Another number when the content was exchanged. */
  get histories(): number {
    return this.#histories
  }

  get base(): Position {
    return this.#base
  }

  /** How deep types nest in the snapshot. */
  get depth(): number {
    return this.#depth
  }

  /** Of snapshot and tail. */
  get bytes(): number {
    return this.#baseBytes + this.tail.bytes
  }

  get generation(): number {
    return generationOf(this.position.epoch)
  }

  /** Encoded: the true one, own unwritten updates included. */
  get stateVector(): Uint8Array {
    const { known } = this.#knowledge
    if (known.size <= FEW) return encodeStateVector(known)
    this.#stateVector ??= encodeStateVector(known)
    return this.#stateVector
  }

  /** @param update that was taken: closed and new. */
  learn(update: SoundUpdate): void {
    this.learnScan(scanUpdate(update))
  }

  learnScan(scan: UpdateScan): void {
    this.#knowledge.learn(scan)
    this.#stateVector = null
  }

  /** What is being taken is taken without its content. */
  empty(scan: UpdateScan, why: Neutered): void {
    this.#emptied ??= new Emptied()
    this.#emptied.add(scan, why)
  }

  /** What an entry of the log says of itself, which has been learned as far as it was closed. */
  learnEmptied(bytes: Uint8Array): void {
    this.#emptied ??= new Emptied()
    this.#emptied.learn(bytes, this.#knowledge.known)
  }

  /** What was to be deleted, and is not known, will not be: whoever has it may bring it. */
  forgetUnknownEmptied(): void {
    const emptied = this.#emptied
    if (emptied === null) return
    this.#emptied = new Emptied()
    this.#emptied.learnAll(emptied, this.#knowledge.known)
  }

  /** What of an update was taken without its content, encoded; `null` for nothing. [V34] */
  emptiedIn(update: SoundUpdate): Uint8Array | null {
    return this.#emptied?.within(scanUpdate(update)) ?? null
  }

  /** What was known before any of the batches from `seq` on: never more than that. */
  knownBefore(seq: number, gathered: readonly SoundUpdate[]): StateVector {
    const known = new Map(this.#knowledge.known)
    this.tail.lowerTo(seq, known)
    for (const update of gathered) lower(known, update)
    return known
  }

  /** The log has an own entry there; entries of others behind it may have been told already. */
  reached(position: Position): void {
    const { epoch, offset } = this.position
    if (position.epoch !== epoch || position.offset > offset) this.position = position
  }

  // ---- the snapshot

  /** Whether the tail begins where the snapshot ends, or before. A compaction moves where it begins. */
  continues(state: State): boolean {
    return state.position.offset >= this.#base.offset
  }

  /** The snapshot that the tail continues, if it is in memory. */
  get state(): State | null {
    if (this.#kept !== null) return this.#kept
    const cached = this.#states.peek(this.#key)
    return cached !== undefined && this.continues(cached) ? cached : null
  }

  /**
   * @param settled `null` when the store can be trusted, else resolves when it can again: while a log
   *   is being healed the store may hold what is of another history.
   * @throws {TributaryError} `damaged`, and what `Snapshots.load` throws.
   */
  async loadState(settled: () => Promise<void> | null): Promise<State> {
    // A load that began before a compaction and ended after it is older than what the tail continues.
    for (let attempt = 0; attempt < RELOADS; attempt++) {
      const histories = this.#histories
      const load = attempt === 0 ? this.#states.load(this.#key) : this.#states.reload(this.#key)
      const state = await load
      const wait = settled()
      if (wait !== null) await wait
      if (this.#histories === histories && this.continues(state)) return state
    }
    throw new TributaryError('damaged', 'the stored snapshot does not continue what is loaded')
  }

  /** A snapshot up to `snapshot.position` is committed: the tail begins behind it. */
  adopt(snapshot: Snapshot): void {
    const { epoch, offset } = snapshot.position
    if (offset <= this.#base.offset) return
    // What has not come here yet would count as known, and be told to nobody.
    if (offset > this.position.offset || epoch !== this.position.epoch) return
    // Most are where the entity is now: then it is the same object.
    const position = samePosition(snapshot.position, this.position)
      ? this.position
      : snapshot.position
    this.#states.set(this.#key, { ...snapshot, position })
    this.#beginFrom({ ...snapshot, position, bytes: snapshot.update.length })
  }

  /** The same of one of which not all is at hand: its bytes are loaded when somebody joins. */
  adoptCovered(covered: Covered): boolean {
    if (covered.position.offset <= this.#base.offset) return false
    if (covered.snapshot === null) this.#states.delete(this.#key)
    else this.#states.set(this.#key, covered.snapshot)
    this.#beginFrom(covered)
    return true
  }

  #beginFrom({ position, bytes, depth, deleteSet }: Omit<Covered, 'snapshot'>): void {
    this.#base = position
    this.#baseBytes = bytes
    this.#depth = depth
    this.tail.dropTo(position.offset)
    // Nobody is served from before the tail.
    if (position.offset >= this.#position.offset) this.#trail = null
    // It also holds deletes that no update names.
    this.#knowledge.adoptDeletes(deleteSet)
  }

  // ---- another history

  /** Keeps the snapshot in memory, if it is there, until the content is exchanged. */
  keepState(): void {
    this.#kept = this.state
  }

  /** From now on this is what there is; whoever has a place in the tail before it lacks all of it. */
  exchange(loaded: Loaded): void {
    const { state } = loaded
    this.#emptied = loaded.emptied
    this.#histories++
    this.#kept = null
    this.#knowledge = loaded.knowledge
    this.#stateVector = null
    this.#tombstone = loaded.tombstone
    this.#base = state.position
    this.#baseBytes = state.update.length
    this.#depth = state.depth
    this.#trail = null
    this.#position = loaded.head
    this.#states.put(this.#key, state)
    this.tail.clear()
    this.#putTail(loaded)
  }

  #putTail({ tail }: Loaded): void {
    for (const { offset, update } of tail) this.tail.landed(this.tail.push(update), offset)
  }
}
