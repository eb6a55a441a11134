import type { Bus, NodeName } from '../bus/bus.ts'
import type { Clock } from '../core/clock.ts'
import { type ErrorCode, TributaryError } from '../core/errors.ts'
import type { EntityRef } from '../core/ids.ts'
import type { Limits } from '../core/limits.ts'
import { generationOf, type Position } from '../core/position.ts'
import type { Knowledge } from '../crdt/knowledge.ts'
import type { SoundUpdate, StateVector, UpdateScan } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import type { Entry, EntrySink, Log, Subscription } from '../log/log.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { Covered } from '../snapshots/shared.ts'
import type { Snapshot } from '../snapshots/snapshots.ts'
import { Appender, type AppenderSink, type Made, type Saved, type Unlogged } from './appender.ts'
import { Batch } from './batch.ts'
import { Content, type Loaded } from './content.ts'
import { FanOut } from './fan-out.ts'
import type { Healer } from './healer.ts'
import { Here } from './here.ts'
import type { Hold } from './hold.ts'
import { Intake, type Submitted } from './intake.ts'
import type { Losses } from './losses.ts'
import type { Member } from './member.ts'
import type { NodeBudget } from './node-budget.ts'
import { type Fault, PassedOver } from './passed-over.ts'
import { patiently } from './patiently.ts'
import type { Presence } from './presence.ts'
import { type Lent, Recovery } from './recovery.ts'
import { type Since, since } from './since.ts'
import type { State, States } from './states.ts'
import type { Tickable, Ticker } from './ticker.ts'

/** What every entity of a node shares. */
export interface EntityContext {
  readonly clock: Clock
  readonly log: Log
  readonly bus: Bus
  readonly states: States
  readonly ticker: Ticker
  readonly limits: Limits
  readonly pending: NodeBudget
  readonly healer: Healer
  /** What this node has written and its store may lose; `null` for a store that loses nothing. */
  readonly hold: Hold | null
  /** `null` for a node that is alone. */
  readonly losses: Pick<Losses, 'isDoubtful' | 'isElsewhere'> | null
  readonly metrics: Metrics
  /** Entry ids: random per process start + sequence. */
  nextEntryId(): string
  /** Send a member's own update back to it once durable: for clients that wait for that. */
  readonly echo: boolean
  /** Called upwards: there is more to compact, by an own append or by what others have written. */
  grown(entity: Entity, own: boolean): void
  /** Called upwards: its log holds entries that only a compaction gets rid of. */
  spoiled(entity: Entity): void
  trouble(entity: Entity, what: string, error: TributaryError): void
}

/**
 * One entity that is open on this node.
 *
 * The way of an update: `submit` decides everything (closed? new? within bounds?) and gathers; the
 * ticker calls `flush`, which merges what a tick gathered into one batch, hands it to every other
 * member at once, and to the log. When the log has it, `durable` goes to those who wait. After the
 * fan-out nothing is refused any more: an append that fails stays pending and is tried again.
 *
 * When the log turns out to be another one (lost, forked, with a hole) the entity heals: it goes on
 * with what it has, nothing is durable meanwhile, and in one step it goes over to what the log has,
 * which then gets what it lacks.
 *
 * States: open → closed; open ⇄ healing. A closed one answers nothing; the registry loads a new one.
 */
export class Entity implements Tickable, EntrySink, AppenderSink {
  readonly ref: EntityRef
  tickedAt = Number.NEGATIVE_INFINITY
  /** When the last member left, or it was last asked for; the registry's. */
  touchedAt: number

  readonly #context: EntityContext
  readonly #members = new Set<Member>()
  readonly #here: Here
  #waiting: Set<Member> | null = null
  readonly #appender: Appender
  readonly #content: Content
  readonly #intake: Intake
  readonly #fanOut: FanOut
  /** While its log is, or was just, another one. */
  #recovery: Recovery | null = null
  #passedOver: PassedOver | null = null
  #subscription: Subscription | null = null
  #follows = 0
  #idle: (() => void)[] | null = null
  #closed = false

  constructor(context: EntityContext, ref: EntityRef, loaded: Loaded) {
    this.#context = context
    this.ref = ref
    this.#here = new Here(context, ref.key, this.#members)
    this.#appender = new Appender(context, ref.key, this)
    this.#content = new Content(context.states, ref.key, loaded)
    const onTrouble = (what: string, error: TributaryError) => context.trouble(this, what, error)
    this.#intake = new Intake(context, ref, this.#content, onTrouble)
    this.#fanOut = new FanOut(this.#content, this.#members, onTrouble)
    this.touchedAt = context.clock.monotonic()
  }

  /** Follows the log from where loading ended. Called once, before anyone is let in. */
  async follow(): Promise<void> {
    const turn = ++this.#follows
    const subscription = await this.#context.log.subscribe(this.ref.key, this.position, this)
    // It may be told at once that the log is another one, before it is there to be closed.
    if (this.#closed || turn !== this.#follows) subscription.close()
    else this.#subscription = subscription
    if (!this.#closed) this.#here.listen()
  }

  #unfollow(): void {
    this.#follows++
    this.#subscription?.close()
    this.#subscription = null
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
    this.#waiting?.delete(member)
    this.#here.leave(member, announce)
    this.touchedAt = this.#context.clock.monotonic()
  }

  get presence(): Presence {
    return this.#here.presence
  }

  /** Bodies that tell a joiner who is here. */
  greeting(member: Member): Iterable<Uint8Array> {
    return this.#here.greeting(member)
  }

  /** A node is gone, and everybody who was on it. */
  nodeGone(node: NodeName): void {
    if (!this.#closed) this.#here.nodeGone(node)
  }

  /** @param forgotten Other nodes may have taken this one for gone. */
  refreshPresence(forgotten: boolean): void {
    this.#here.refresh(forgotten)
  }

  /** Tells `member.durable` as soon as something more is durable. */
  whenDurable(member: Member): void {
    this.#waiting ??= new Set()
    this.#waiting.add(member)
  }

  // ---- what is known

  /** Encoded: the true state vector, own unwritten updates included. */
  get stateVector(): Uint8Array {
    return this.#content.stateVector
  }

  get knowledge(): Knowledge {
    return this.#content.knowledge
  }

  get position(): Position {
    return this.#content.position
  }

  /** The place of the newest batch that was fanned out; −1 before the first. */
  get lastSeq(): number {
    return this.#content.tail.next - 1
  }

  /** Everything up to this place is durable. */
  get durableSeq(): number {
    const durable = (this.#appender.oldest ?? this.#content.tail.next) - 1
    return this.#recovery?.allows(durable) === false ? -1 : durable
  }

  /** The place of what was taken last, whether it was fanned out or not. */
  get newestSeq(): number {
    return this.#intake.empty ? this.lastSeq : this.lastSeq + 1
  }

  /** How safe what is durable is. */
  get saved(): Saved {
    return this.#appender.saved ?? { tier: this.#context.log.tier, replicas: 0 }
  }

  /**
   * The position that stands for what members have been sent: all of it is in the log up to there, and
   * all that is there was sent. `null` while there is none.
   */
  get toldTo(): Position | null {
    if (this.#recovery !== null || this.#fanOut.heard.length > 0) return null
    return this.durableSeq < this.lastSeq ? null : this.position
  }

  /** Entries and bytes that no snapshot covers, and bytes of everything. */
  get tailSize(): { readonly entries: number; readonly bytes: number; readonly whole: number } {
    const { tail, bytes } = this.#content
    return { entries: tail.count, bytes: tail.bytes, whole: bytes }
  }

  /** Its log is being given what it lacks. */
  get healing(): boolean {
    return this.#recovery?.busy === true
  }

  get busy(): boolean {
    return !this.#intake.empty || this.#appender.busy || this.#recovery?.busy === true
  }

  /** Something of it may still be brought back, if the store should lose it. [L82] */
  get held(): boolean {
    return this.#context.hold?.has(this.ref.key) === true
  }

  /** Up to which offset a committed snapshot covers its log. */
  get coveredTo(): number {
    return this.#content.base.offset
  }

  /** The snapshot that the tail continues, at once when it is in memory. */
  state(): State | Promise<State> {
    const load = () => this.#content.loadState(() => this.#recovery?.untilTakenOver() ?? null)
    return this.#content.state ?? patiently(this.#context.clock, load, () => this.#closed)
  }

  /** Whether the tail begins where the snapshot ends, or before. A compaction moves where it begins. */
  continues(state: State): boolean {
    return this.#content.continues(state)
  }

  /**
   * Everything that was fanned out after `place`, merged: one buffer for all who ask from the same
   * place. `null` when the tail has been compacted past it.
   */
  since(place: number): SoundUpdate | null {
    return this.#content.tail.since(place)
  }

  /**
   * The same for somebody who was sent all of the log up to `position`, be it by another node. `null`
   * when the log does not go through it, or it is too far back.
   *
   * @throws {TributaryError} `storage`, `damaged`.
   */
  after(position: Position): Promise<Since | null> {
    const isSound = () => !this.#closed && this.#recovery === null
    const settle = () => this.flush()
    return since(position, this.#context.log, this.ref.key, this.#content, isSound, settle)
  }

  /** The whole tail, merged: what a snapshot lacks. */
  tail(): SoundUpdate {
    return this.#content.tail.merged()
  }

  /** What was known before any of the batches from `seq` on: never more than that. */
  knownBefore(seq: number): StateVector {
    return this.#content.knownBefore(seq, [...this.#fanOut.heard, ...this.#intake.updates])
  }

  // ---- the way down

  /**
   * Takes an update that has passed the checker, as far as it is closed and new.
   *
   * @param scan scratch space: not used after the call.
   * @param isAnswer The client was asked for it, or was told what is here.
   */
  submit(scan: UpdateScan, member: Member | null, isAnswer = false): Submitted {
    if (this.#closed) return { is: 'refused', code: 'not-available' }
    const submitted = this.#intake.take(scan, member, isAnswer)
    if (!this.#intake.empty) this.#context.ticker.request(this)
    return submitted
  }

  /** What the update would change: a reader may repeat what is known. */
  brings(scan: UpdateScan): 'something' | 'nothing' | 'unclosed' {
    const { update, unclosed } = this.knowledge.take(scan)
    if (update !== null) return 'something'
    return unclosed ? 'unclosed' : 'nothing'
  }

  /** The ticker's: what was gathered goes to everyone, and to the log. */
  flush(): void {
    // What `submit` has told: what is told before it, or beside it, takes places of its own.
    const seq = this.#content.tail.next
    // First: what was gathered here may build on it.
    const heard = this.#takeHeard()
    const gathering = this.#intake.release()
    if (gathering === null) {
      this.#fanOut.deliver(heard, [], null)
      return
    }
    const updates = this.#fanOut.merged(gathering.updates)
    this.#context.metrics.batchUpdates.observe(gathering.updates.length)
    // Merging may shrink what was pending by its parts; from here on the batch counts.
    this.#intake.settle(updates.reduce((left, update) => left - update.length, gathering.bytes))
    const { since, single } = gathering
    const authors = gathering.authors()
    // All of it is in the tail before anybody is told: who falls behind at one lacks the others.
    const batches = updates.map((update) => new Batch(this.#content.tail.push(update), update))
    this.#fanOut.deliver(heard, batches, single)
    for (const batch of batches) this.#appender.push({ batch, seq, since, single, authors })
    this.#context.metrics.fanoutTime.observe(this.#context.clock.monotonic() - since)
  }

  #takeHeard(): readonly Batch[] {
    const heard = this.#fanOut.takeHeard()
    if (heard.length > 0) this.#context.grown(this, false)
    return heard
  }

  // ---- the log

  /** The appender's. */
  landed({ entry, unlogged, seq }: Made, position: Position, appendedAt: number): void {
    if (this.#closed) return
    // What heals stands in the tail as long as no snapshot has it.
    if (entry.origin !== 'heal') this.#context.hold?.keep(this.ref.key, entry, position.offset)
    this.#content.reached(position)
    const { metrics, clock } = this.#context
    const now = clock.monotonic()
    metrics.appendTime.observe(now - appendedAt)
    if (unlogged.length === 0) this.#content.tail.landed(seq, position.offset)
    for (const one of unlogged) {
      metrics.ackTime.observe(now - one.since)
      this.#content.tail.landed(one.batch.seq, position.offset)
      this.#settle(one)
    }
    this.#recovery?.landed()
    this.#tellDurable()
    this.#context.grown(this, true)
    this.#tellSettled()
  }

  /** It is in the log, or what it brought is asked for. */
  #settle({ batch, single }: Unlogged): void {
    this.#intake.settle(batch.update.length)
    if (!this.#context.echo || single === null) return
    if (this.#members.has(single)) single.echo(batch)
  }

  /** The appender's. */
  failing(error: TributaryError): void {
    this.#context.trouble(this, 'an append failed, it is tried again', error)
  }

  #tellDurable(): void {
    const waiting = this.#waiting
    if (waiting === null) return
    this.#waiting = null
    for (const member of waiting) member.durable(this.durableSeq)
  }

  #tellSettled(): void {
    if (!this.busy) this.#tellIdle()
  }

  #tellIdle(): void {
    const idle = this.#idle
    this.#idle = null
    for (const tell of idle ?? []) tell()
  }

  /** From the log, in its order: our own come back here too, and are known by their id. */
  entry(entry: Entry): void {
    if (this.#closed || this.#appender.isOwn(entry.id)) return
    this.#content.position = entry.position
    let scan: UpdateScan
    try {
      scan = scanUpdate(entry.update)
    } catch (cause) {
      this.#context.trouble(this, 'an entry of the log is malformed', TributaryError.from(cause))
      return
    }
    const { update, unclosed } = this.knowledge.take(scan)
    if (update !== null) {
      this.#content.learn(update)
      this.#hear(update, entry.position.offset)
    }
    // It builds on something that was in the log and is not here: the log was another one once.
    if (unclosed && this.#passedOver?.hasLater !== true) this.heal()
  }

  /** From the log: what builds on it will not be closed, and no heal can change that. */
  notUnderstood(offset: number): void {
    this.passOver([{ offset, why: 'not-understood' }])
  }

  /** Entries of the log that could not be taken are counted and named, each once. */
  passOver(faults: readonly Fault[]): void {
    if (faults.length === 0) return
    this.#passedOver ??= new PassedOver()
    const { metrics } = this.#context
    this.#passedOver.note(faults, metrics, (what, error) => {
      this.#context.trouble(this, what, error)
    })
  }

  /** A quiet entity tells at once, a busy one with what else the log tells within the tick. [E17] */
  #hear(update: SoundUpdate, offset: number): void {
    const { ticker, clock } = this.#context
    const canWait = this.#fanOut.hear(update, offset)
    if (canWait && !ticker.isQuiet(this)) {
      ticker.request(this)
      return
    }
    ticker.forget(this)
    this.tickedAt = clock.monotonic()
    this.flush()
  }

  /** The log does not go through what is known of it: it was removed, or it is another one. */
  reset(head: Position): void {
    if (generationOf(head.epoch) > this.#content.generation) this.evict('entity-removed')
    else this.heal()
  }

  // ---- healing: the log is another one than was known

  /** Finds out what the log has, and gives it what it lacks. [L70] */
  heal(): void {
    if (this.#closed) return
    this.#recovery ??= new Recovery(this.#context, this.#lent())
    this.#recovery.heal()
  }

  #lent(): Lent {
    return {
      ref: this.ref,
      content: this.#content,
      appender: this.#appender,
      members: this.#members,
      isClosed: () => this.#closed,
      flush: () => this.flush(),
      tell: (update, offset) => this.#fanOut.tell(update, offset),
      settle: (one) => this.#settle(one),
      changed: () => {
        this.#tellDurable()
        this.#tellSettled()
        this.#context.grown(this, true)
      },
      follow: () => this.follow(),
      unfollow: () => this.#unfollow(),
      removed: () => this.evict('entity-removed'),
      passOver: (faults) => this.passOver(faults),
      trouble: (what, error) => this.#context.trouble(this, what, error),
      over: () => {
        this.#recovery = null
        this.#tellDurable()
        this.#tellSettled()
      },
    }
  }

  // ---- compaction

  /** A snapshot up to `snapshot.position` is committed: the tail begins behind it. */
  adopt(snapshot: Snapshot): void {
    if (!this.#closed) this.#content.adopt(snapshot)
  }

  /**
   * The same of one that another node may have committed. [J8]
   *
   * @param history What `history` was when it was asked whether the log goes through it.
   * @returns whether the tail begins behind it now.
   */
  adoptCovered(covered: Covered, history: number): boolean {
    // While it is healed its content is not what the log has.
    if (this.#closed || this.#recovery !== null || history !== this.history) return false
    if (this.#passedOver?.hasLater === true) {
      // It may hold what was not understood here, and then the members lack it.
      this.#passedOver.forgetLater()
      this.heal()
      return false
    }
    return this.#content.adoptCovered(covered)
  }

  /** Another number when the log has turned out to be another one. */
  get history(): number {
    return this.#content.histories
  }

  /** Where the snapshot ends that the tail continues. */
  get base(): Position {
    return this.#content.base
  }

  /** Whether that snapshot is in memory. */
  get hasState(): boolean {
    return this.#context.states.has(this.ref.key)
  }

  // ---- the end

  /** Resolves when nothing is pending any more. */
  settled(): Promise<void> {
    this.flush()
    if (!this.busy) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle ??= []
      this.#idle.push(resolve)
    })
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
    this.#appender.close()
    this.#unfollow()
    this.#here.close()
    this.#context.ticker.forget(this)
    this.#intake.close()
    this.#members.clear()
    this.#waiting = null
    this.#recovery?.close()
    this.#tellIdle()
  }
}
