import type { Cancel, Clock } from '../core/clock.ts'
import { type ErrorCode, TributaryError } from '../core/errors.ts'
import type { EntityRef } from '../core/ids.ts'
import type { Limits } from '../core/limits.ts'
import { generationOf, type Position } from '../core/position.ts'
import { checkUpdate } from '../crdt/check.ts'
import type { Knowledge } from '../crdt/knowledge.ts'
import { mergeSound } from '../crdt/merge.ts'
import { MergeTree } from '../crdt/merge-tree.ts'
import { neuter } from '../crdt/neuter.ts'
import type { SoundUpdate, StateVector, UpdateScan } from '../crdt/scan.ts'
import { encodeStateVector } from '../crdt/state-vector.ts'
import { holdsAny } from '../crdt/tombstone.ts'
import type { Author, Entry, EntrySink, Log, NewEntry, Subscription } from '../log/log.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { Snapshot } from '../snapshots/snapshots.ts'
import { Batch } from './batch.ts'
import type { Member } from './member.ts'
import type { NodeBudget } from './node-budget.ts'
import { Presence } from './presence.ts'
import type { State, States } from './states.ts'
import type { Tickable, Ticker } from './ticker.ts'

/** What every entity of a node shares. */
export interface EntityContext {
  readonly clock: Clock
  readonly log: Log
  readonly states: States
  readonly ticker: Ticker
  readonly limits: Limits
  readonly pending: NodeBudget
  readonly metrics: Metrics
  /** Entry ids: random per process start + sequence. */
  nextEntryId(): string
  /** Send a member's own update back to it once durable: for clients that wait for that. */
  readonly echo: boolean
  /** Called upwards: there is something to compact, and how it has grown. */
  grown(entity: Entity): void
  trouble(entity: Entity, what: string, error: TributaryError): void
}

/** What loading found. */
export interface Loaded {
  readonly state: State
  readonly head: Position
  readonly knowledge: Knowledge
  readonly tail: readonly { readonly offset: number; readonly update: SoundUpdate }[]
  readonly tombstone: StateVector | null
}

/** What became of an update. `seq` is the batch whose durability acknowledges it. */
export type Submitted =
  | {
      readonly is: 'taken' | 'nothing'
      readonly seq: number
      /** Something was cut off because what it builds on is not known: the author must be asked. */
      readonly unclosed: boolean
      /** Client ids that the entity had not seen before. */
      readonly newClients: number
    }
  | { readonly is: 'refused'; readonly code: ErrorCode }

/** What a tick gathers. */
interface Gathering {
  readonly updates: SoundUpdate[]
  readonly authors: Map<Member | null, Set<number>>
  bytes: number
  /** Not what the author sent, so the author needs it too. */
  changed: boolean
  /** When the first of them came, on the monotonic clock. */
  readonly since: number
}

/** A batch that has been fanned out and waits for the log. */
interface Unlogged {
  readonly batch: Batch
  readonly since: number
  readonly authors: readonly Author[]
}

/** Batches that are written as one entry. */
interface Flight {
  readonly entry: NewEntry
  readonly unlogged: readonly Unlogged[]
  readonly since: number
  retries: number
}

/** One entry takes in at most so much of what waited for the log. */
const ENTRY_BYTES = 8 * 1024 * 1024
const RETRY_FIRST_MS = 100
const RETRY_MOST_MS = 2_000
/** Types nested deeper than this make clients fail; from here on the entity takes no writes. */
const DEPTH_MOST = 500

/**
 * One entity that is open on this node.
 *
 * The way of an update: `submit` decides everything (closed? new? within bounds?) and gathers; the
 * ticker calls `flush`, which merges what a tick gathered into one batch, hands it to every other
 * member at once, and to the log. When the log has it, `durable` goes to those who wait. After the
 * fan-out nothing is refused any more: an append that fails stays pending and is tried again.
 *
 * One append is under way at a time: what fails is retried in order, so the log never holds an entry
 * without the ones it builds on. Batches that wait meanwhile become one entry.
 *
 * States: open → closed. A closed one answers nothing; the registry loads a new one.
 */
export class Entity implements Tickable, EntrySink {
  readonly ref: EntityRef
  readonly presence: Presence
  tickedAt = Number.NEGATIVE_INFINITY
  /** When the last member left, or it was last asked for; the registry's. */
  touchedAt: number

  readonly #context: EntityContext
  readonly #members = new Set<Member>()
  readonly #waiting = new Set<Member>()
  readonly #knowledge: Knowledge
  readonly #tombstone: StateVector | null
  /** Everything after `#base`, in fan-out order. */
  readonly #tail = new MergeTree()
  /** The log offset of each batch in the tail that is durable, oldest first. */
  #logged: { seq: number; offset: number }[] = []
  /** Where the snapshot ends that the tail continues. */
  #base: Position
  #baseBytes: number
  #depth: number
  #position: Position
  #gathering: Gathering | null = null
  #unlogged: Unlogged[] = []
  #flight: Flight | null = null
  #durableSeq: number
  #pendingBytes = 0
  #cancelRetry: Cancel | null = null
  #subscription: Subscription | null = null
  #idle: (() => void)[] = []
  #stateVector: Uint8Array | null = null
  #closed = false

  constructor(context: EntityContext, ref: EntityRef, loaded: Loaded) {
    this.#context = context
    this.ref = ref
    this.presence = new Presence(context.clock, context.limits, this.#members)
    this.#knowledge = loaded.knowledge
    this.#tombstone = loaded.tombstone
    this.#base = loaded.state.position
    this.#baseBytes = loaded.state.update.length
    this.#depth = loaded.state.depth
    this.#position = loaded.head
    this.touchedAt = context.clock.monotonic()
    for (const { offset, update } of loaded.tail) {
      this.#logged.push({ seq: this.#tail.push(update), offset })
    }
    this.#durableSeq = this.#tail.next - 1
  }

  /** Follows the log from where loading ended. Called once, before anyone is let in. */
  async follow(): Promise<void> {
    this.#subscription = await this.#context.log.subscribe(this.ref.key, this.#position, this)
    if (this.#closed) this.#subscription.close()
  }

  // ---- members

  get closed(): boolean {
    return this.#closed
  }

  get members(): number {
    return this.#members.size
  }

  /** @throws {TributaryError} `not-available` when it was closed meanwhile, `too-many-sessions`. */
  join(member: Member): void {
    if (this.#closed) throw new TributaryError('not-available', 'the entity has been unloaded')
    if (this.#members.size >= this.#context.limits.entitySessions) {
      throw new TributaryError('too-many-sessions', 'the entity has as many sessions as it may')
    }
    this.#members.add(member)
  }

  /** @param announce whether others are told that its client is gone. */
  leave(member: Member, announce = true): void {
    if (!this.#members.delete(member)) return
    this.#waiting.delete(member)
    this.presence.leave(member, announce)
    this.touchedAt = this.#context.clock.monotonic()
  }

  /** Tells `member.durable` as soon as something more is durable. */
  whenDurable(member: Member): void {
    this.#waiting.add(member)
  }

  // ---- what is known

  /** Encoded: the true state vector, own unwritten updates included. */
  get stateVector(): Uint8Array {
    this.#stateVector ??= encodeStateVector(this.#knowledge.known)
    return this.#stateVector
  }

  get position(): Position {
    return this.#position
  }

  /** The place of the newest batch that was fanned out; −1 before the first. */
  get lastSeq(): number {
    return this.#tail.next - 1
  }

  /** Everything up to this place is durable. */
  get durableSeq(): number {
    return this.#durableSeq
  }

  get tombstone(): StateVector | null {
    return this.#tombstone
  }

  /** Entries and bytes that no snapshot covers. */
  get tailSize(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#tail.count, bytes: this.#tail.bytes }
  }

  get busy(): boolean {
    return this.#gathering !== null || this.#flight !== null || this.#unlogged.length > 0
  }

  get base(): Position {
    return this.#base
  }

  /** The snapshot that the tail continues, at once when it is in memory. */
  state(): State | Promise<State> {
    const cached = this.#context.states.peek(this.ref.key)
    return cached !== undefined && this.#continues(cached) ? cached : this.#loadState()
  }

  async #loadState(): Promise<State> {
    let state = await this.#context.states.load(this.ref.key)
    // A load that began before a compaction and ended after it is older than what the tail continues.
    if (!this.#continues(state)) state = await this.#context.states.reload(this.ref.key)
    if (this.#continues(state)) return state
    throw new TributaryError('damaged', 'the stored snapshot does not continue what is loaded')
  }

  #continues(state: State): boolean {
    return state.position.offset >= this.#base.offset
  }

  /**
   * Everything that was fanned out after `place`, merged: one buffer for all who ask from the same
   * place. `null` when the tail has been compacted past it.
   */
  since(place: number): SoundUpdate | null {
    return place + 1 < this.#tail.first ? null : this.#tail.merged(place + 1)
  }

  /** The whole tail, merged: what a snapshot lacks. */
  tail(): SoundUpdate {
    return this.#tail.merged(this.#tail.first)
  }

  /** What was known before any of the batches from `seq` on: never more than that. */
  knownBefore(seq: number): StateVector {
    const known = new Map(this.#knowledge.known)
    for (const update of this.#tail.from(seq)) lower(known, update)
    for (const update of this.#gathering?.updates ?? []) lower(known, update)
    return known
  }

  // ---- the way down

  /**
   * Takes an update that has passed the checker, as far as it is closed and new.
   *
   * @param scan scratch space: not used after the call.
   */
  submit(scan: UpdateScan, member: Member | null): Submitted {
    if (this.#closed) return { is: 'refused', code: 'not-available' }
    if (this.#tombstone !== null && holdsAny(scan, this.#tombstone)) {
      return { is: 'refused', code: 'deleted-generation' }
    }
    const { update, unclosed, clients, newClients } = this.#knowledge.take(scan)
    const seq = this.#tail.next
    if (update === null) {
      this.#context.metrics.repeated.add()
      // What it repeats may not be durable yet: then it is acknowledged with the newest batch.
      return { is: 'nothing', seq: this.#gathering === null ? seq - 1 : seq, unclosed, newClients: 0 }
    }
    if (this.#depth > DEPTH_MOST) return { is: 'refused', code: 'too-deep' }
    if (!this.#context.pending.fits(this.#pendingBytes, update.length)) {
      return { is: 'refused', code: 'pending-full' }
    }
    const taken = update === scan.bytes ? scan : checkUpdate(update)
    this.#gather(this.#withinQuota(taken), member, clients)
    return { is: 'taken', seq, unclosed, newClients }
  }

  /** Whether the update would change anything: a reader may repeat what is known. */
  brings(scan: UpdateScan): boolean {
    return this.#knowledge.take(scan).update !== null
  }

  /** The update itself, or what is left of one that may not have its effect. */
  #withinQuota(scan: UpdateScan): { scan: UpdateScan; changed: boolean } {
    const { limits, metrics, log } = this.#context
    const bytes = scan.bytes.length
    const whole = this.#baseBytes + this.#tail.bytes + (this.#gathering?.bytes ?? 0) + bytes
    const fits = bytes <= limits.updateBytes && whole <= limits.entityBytes
    // Deleting must stay possible when an entity is full: it is the way to make room.
    if (fits || scan.structs === 0) return { scan, changed: false }
    metrics.neutered.add()
    const why = bytes > limits.updateBytes ? 'update-too-large' : 'entity-full'
    log.setAside(this.ref.key, scan.bytes, why).then(
      () => metrics.setAside.add(),
      (cause: unknown) => {
        this.#context.trouble(this, 'an original could not be set aside', TributaryError.from(cause))
      },
    )
    return { scan: checkUpdate(neuter(scan, this.#knowledge.known)), changed: true }
  }

  #gather(
    { scan, changed }: { scan: UpdateScan; changed: boolean },
    member: Member | null,
    clients: readonly number[],
  ): void {
    this.#gathering ??= {
      updates: [],
      authors: new Map(),
      bytes: 0,
      changed: false,
      since: this.#context.clock.monotonic(),
    }
    const gathering = this.#gathering
    let written = gathering.authors.get(member)
    if (written === undefined) {
      written = new Set()
      gathering.authors.set(member, written)
    }
    for (const client of clients) written.add(client)
    gathering.updates.push(scan.bytes)
    gathering.bytes += scan.bytes.length
    gathering.changed ||= changed
    this.#knowledge.learn(scan)
    this.#stateVector = null
    this.#pendingBytes += scan.bytes.length
    this.#context.pending.add(scan.bytes.length)
    this.#context.ticker.request(this)
  }

  /** The ticker's: what was gathered goes to everyone, and to the log. */
  flush(): void {
    const gathering = this.#gathering
    if (gathering === null) return
    this.#gathering = null
    const update = mergeSound(gathering.updates)
    const members = [...gathering.authors.keys()].filter((member) => member !== null)
    const single = gathering.authors.size === 1 && !gathering.changed ? (members[0] ?? null) : null
    const batch = new Batch(this.#tail.push(update), update, single)
    this.#context.metrics.batchUpdates.observe(gathering.updates.length)
    // Merging may shrink what was pending by its parts; from here on the batch counts.
    this.#settlePending(gathering.bytes - update.length)
    this.#fanOut(batch)
    const { since } = gathering
    this.#context.metrics.fanoutTime.observe(this.#context.clock.monotonic() - since)
    this.#unlogged.push({ batch, since, authors: authorsOf(gathering.authors) })
    this.#pump()
  }

  #fanOut(batch: Batch): void {
    for (const member of this.#members) if (member !== batch.author) member.deliver(batch)
  }

  #settlePending(bytes: number): void {
    this.#pendingBytes -= bytes
    this.#context.pending.add(-bytes)
  }

  // ---- the log

  /** Starts the next append, unless one is under way. */
  #pump(): void {
    if (this.#flight !== null || this.#unlogged.length === 0) return
    let count = 0
    let bytes = 0
    do {
      bytes += this.#unlogged[count++]?.batch.update.length ?? 0
    } while (count < this.#unlogged.length && bytes < ENTRY_BYTES)
    const unlogged = this.#unlogged.splice(0, count)
    const entry: NewEntry = {
      id: this.#context.nextEntryId(),
      authors: unlogged.length === 1 ? (unlogged[0] as Unlogged).authors : mergeAuthors(unlogged),
      origin: 'session',
      time: this.#context.clock.wall(),
      update: mergeSound(unlogged.map(({ batch }) => batch.update)),
    }
    this.#flight = { entry, unlogged, since: this.#context.clock.monotonic(), retries: 0 }
    this.#append(this.#flight)
  }

  #append(flight: Flight): void {
    this.#context.log.append(this.ref.key, flight.entry).then(
      ({ position }) => this.#landed(flight, position),
      (cause: unknown) => this.#failed(flight, TributaryError.from(cause)),
    )
  }

  #landed(flight: Flight, position: Position): void {
    if (this.#flight !== flight) return
    this.#flight = null
    this.#position = position
    const now = this.#context.clock.monotonic()
    this.#context.metrics.appendTime.observe(now - flight.since)
    for (const { batch, since } of flight.unlogged) {
      this.#context.metrics.ackTime.observe(now - since)
      this.#logged.push({ seq: batch.seq, offset: position.offset })
      this.#settlePending(batch.update.length)
      this.#durableSeq = batch.seq
    }
    if (this.#context.echo) this.#echo(flight)
    this.#tellDurable()
    this.#context.grown(this)
    this.#pump()
    if (!this.busy) for (const idle of this.#idle.splice(0)) idle()
  }

  #echo(flight: Flight): void {
    for (const { batch } of flight.unlogged) {
      if (batch.author !== null && this.#members.has(batch.author)) batch.author.echo(batch)
    }
  }

  #tellDurable(): void {
    if (this.#waiting.size === 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const member of waiting) member.durable(this.#durableSeq)
  }

  /** Nothing of a failed append is in the log: the same entry, under the same id, is tried again. */
  #failed(flight: Flight, error: TributaryError): void {
    if (this.#flight !== flight || this.#closed) return
    if (flight.retries === 0) this.#context.trouble(this, 'an append failed, it is tried again', error)
    const wait = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** flight.retries++)
    this.#cancelRetry = this.#context.clock.after(wait, () => {
      this.#cancelRetry = null
      if (!this.#closed) this.#append(flight)
    })
  }

  /** From the log, in its order: our own come back here too, and are known by their id. */
  entry(entry: Entry): void {
    if (this.#closed || entry.id === this.#flight?.entry.id) return
    this.#position = entry.position
    let scan: UpdateScan
    try {
      scan = checkUpdate(entry.update)
    } catch (cause) {
      this.#context.trouble(this, 'an entry of the log is malformed', TributaryError.from(cause))
      return
    }
    // Gathered updates are flushed first: the fan-out order stays one order.
    const { update } = this.#knowledge.take(scan)
    if (update === null) return
    this.flush()
    this.#knowledge.learn(update === scan.bytes ? checkUpdate(update, scan) : checkUpdate(update))
    this.#stateVector = null
    const batch = new Batch(this.#tail.push(update), update, null)
    this.#logged.push({ seq: batch.seq, offset: entry.position.offset })
    this.#fanOut(batch)
    this.#context.grown(this)
  }

  /** The log is of another history now: whoever holds this entity must load it again. */
  reset(head: Position): void {
    const removed = generationOf(head.epoch) > generationOf(this.#position.epoch)
    this.evict(removed ? 'entity-removed' : 'not-available')
  }

  // ---- compaction

  /** A snapshot up to `snapshot.position` is committed: the tail begins behind it. */
  adopt(snapshot: Snapshot): void {
    if (this.#closed || snapshot.position.offset <= this.#base.offset) return
    this.#context.states.set(this.ref.key, snapshot)
    this.#base = snapshot.position
    this.#baseBytes = snapshot.update.length
    this.#depth = snapshot.depth
    let keep = 0
    while (keep < this.#logged.length && this.#offsetAt(keep) <= snapshot.position.offset) keep++
    const last = this.#logged[keep - 1]
    this.#logged = this.#logged.slice(keep)
    if (last !== undefined) this.#tail.dropBelow(last.seq + 1)
    // It also holds deletes that no update names.
    this.#knowledge.adoptDeletes(() => snapshot.deleteSet)
  }

  #offsetAt(row: number): number {
    return (this.#logged[row] as { offset: number }).offset
  }

  // ---- the end

  /** Resolves when nothing is pending any more. */
  settled(): Promise<void> {
    this.flush()
    if (!this.busy) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Sends every member away. */
  evict(code: ErrorCode): void {
    const members = [...this.#members]
    this.close()
    for (const member of members) member.evict(code)
  }

  /** Lets go of everything. What is pending and not durable is lost here: `settled` comes first. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancelRetry?.()
    this.#subscription?.close()
    this.#context.ticker.forget(this)
    this.#context.pending.add(-this.#pendingBytes)
    this.#pendingBytes = 0
    this.presence.close()
    this.#members.clear()
    this.#waiting.clear()
    for (const idle of this.#idle.splice(0)) idle()
  }
}

function lower(known: StateVector, update: SoundUpdate): void {
  const scan = checkUpdate(update)
  for (let i = 0; i < scan.sections; i++) {
    const client = scan.sectionClient[i] as number
    const first = scan.clock[scan.sectionFrom[i] as number] as number
    const clock = known.get(client)
    if (clock === undefined || clock <= first) continue
    if (first === 0) known.delete(client)
    else known.set(client, first)
  }
}

const LOCAL = { actor: 'local', session: '' }

function authorsOf(gathered: ReadonlyMap<Member | null, ReadonlySet<number>>): Author[] {
  return Array.from(gathered, ([member, clients]) => ({
    ...(member?.author ?? LOCAL),
    clients: [...clients],
  }))
}

function mergeAuthors(unlogged: readonly Unlogged[]): Author[] {
  const bySession = new Map<string, { author: Author; clients: Set<number> }>()
  for (const { authors } of unlogged) {
    for (const author of authors) {
      const known = bySession.get(author.session)
      if (known === undefined) bySession.set(author.session, { author, clients: new Set(author.clients) })
      else for (const client of author.clients) known.clients.add(client)
    }
  }
  return Array.from(bySession.values(), ({ author, clients }) => ({ ...author, clients: [...clients] }))
}
