import type { NodeName } from '../bus/bus.ts'
import { type ErrorCode, TributaryError } from '../core/errors.ts'
import type { EntityRef } from '../core/ids.ts'
import type { Position } from '../core/position.ts'
import type { Knowledge } from '../crdt/knowledge.ts'
import type { SoundUpdate, StateVector, UpdateScan } from '../crdt/scan.ts'
import type { Covered } from '../snapshots/shared.ts'
import type { Snapshot } from '../snapshots/snapshots.ts'
import type { Saved } from './appender.ts'
import { Batch } from './batch.ts'
import { Content, type Loaded } from './content.ts'
import type { EntityContext, TailSize, Whole } from './context.ts'
import type { Neutered } from './emptied.ts'
import { FanOut } from './fan-out.ts'
import { Following } from './following.ts'
import type { Fault } from './healing/passed-over.ts'
import { Intake, type Submitted } from './intake.ts'
import { Landing } from './landing.ts'
import type { Member } from './member.ts'
import { Members } from './members.ts'
import { patiently } from './patiently.ts'
import { Here } from './presence/here.ts'
import type { Presence } from './presence/presence.ts'
import { type Since, since } from './since.ts'
import type { State } from './states.ts'

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
export class Entity implements Whole {
  readonly ref: EntityRef
  tickedAt = Number.NEGATIVE_INFINITY
  /** When the last member left, or it was last asked for; the registry's. */
  touchedAt: number

  /** These three are for its own parts. */
  readonly context: EntityContext
  readonly joined = new Members()
  readonly content: Content
  readonly #here: Here
  readonly #intake: Intake
  readonly #fanOut: FanOut
  readonly #landing: Landing
  readonly #following: Following
  #closed = false

  constructor(context: EntityContext, ref: EntityRef, loaded: Loaded) {
    this.context = context
    this.ref = ref
    this.content = new Content(context.states, ref.key, loaded)
    this.#here = new Here(this)
    this.#intake = new Intake(this)
    this.#fanOut = new FanOut(this)
    this.#landing = new Landing(this, this.#intake)
    this.#following = new Following(this, {
      fanOut: this.#fanOut,
      here: this.#here,
      landing: this.#landing,
    })
    this.touchedAt = context.clock.monotonic()
  }

  /** Follows the log from where loading ended. Called once, before anyone is let in. */
  follow(): Promise<void> {
    return this.#following.follow()
  }

  // ---- members

  get closed(): boolean {
    return this.#closed
  }

  get members(): number {
    return this.joined.size
  }

  /** @throws {TributaryError} `not-available` when it was closed meanwhile, `too-many-sessions`. */
  join(member: Member): void {
    if (this.#closed) throw new TributaryError('not-available', 'the entity has been unloaded')
    if (this.joined.size >= this.context.limits.entitySessions) {
      throw new TributaryError('too-many-sessions', 'the entity has as many sessions as it may')
    }
    this.joined.add(member)
  }

  /** @param announce whether others are told that its client is gone. */
  leave(member: Member, announce = true): void {
    if (!this.joined.delete(member)) return
    this.#landing.forget(member)
    this.#here.leave(member, announce)
    this.touchedAt = this.context.clock.monotonic()
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
    this.#landing.whenDurable(member)
  }

  // ---- what is known

  /** Encoded: the true state vector, own unwritten updates included. */
  get stateVector(): Uint8Array {
    return this.content.stateVector
  }

  get knowledge(): Knowledge {
    return this.content.knowledge
  }

  get position(): Position {
    return this.content.position
  }

  /** The place of the newest batch that was fanned out; −1 before the first. */
  get lastSeq(): number {
    return this.content.tail.next - 1
  }

  /** Everything up to this place is durable. */
  get durableSeq(): number {
    return this.#landing.durableSeq
  }

  /** The place of what was taken last, whether it was fanned out or not. */
  get newestSeq(): number {
    return this.#intake.empty ? this.lastSeq : this.lastSeq + 1
  }

  /** How safe what is durable is. */
  get saved(): Saved {
    return this.#landing.saved
  }

  /**
   * The position that stands for what members have been sent: all of it is in the log up to there, and
   * all that is there was sent. `null` while there is none.
   */
  get toldTo(): Position | null {
    if (this.#landing.recovery !== null || this.#fanOut.heard.length > 0) return null
    return this.durableSeq < this.lastSeq ? null : this.position
  }

  get tailSize(): TailSize {
    const { tail, bytes } = this.content
    return { entries: tail.count, bytes: tail.bytes, whole: bytes }
  }

  /** Its log is being given what it lacks. */
  get healing(): boolean {
    return this.#landing.recovery?.busy === true
  }

  get busy(): boolean {
    return this.#landing.busy
  }

  /** Something of it may still be brought back, if the store should lose it. [L82] */
  get held(): boolean {
    return this.context.hold?.has(this.ref.key) === true
  }

  /** Up to which offset a committed snapshot covers its log. */
  get coveredTo(): number {
    return this.content.base.offset
  }

  /** The snapshot that the tail continues, at once when it is in memory. */
  state(): State | Promise<State> {
    const load = () =>
      this.content.loadState(() => this.#landing.recovery?.untilTakenOver() ?? null)
    return this.content.state ?? patiently(this.context.clock, load, () => this.#closed)
  }

  /** Whether the tail begins where the snapshot ends, or before. A compaction moves where it begins. */
  continues(state: State): boolean {
    return this.content.continues(state)
  }

  /**
   * Everything that was fanned out after `place`, merged: one buffer for all who ask from the same
   * place. `null` when the tail has been compacted past it.
   */
  since(place: number): SoundUpdate | null {
    return this.content.tail.since(place)
  }

  /**
   * The same for somebody who was sent all of the log up to `position`, be it by another node. `null`
   * when the log does not go through it, or it is too far back.
   *
   * @throws {TributaryError} `storage`, `damaged`.
   */
  after(position: Position): Promise<Since | null> {
    const isSound = () => !this.#closed && this.#landing.recovery === null
    const settle = () => this.flush()
    return since(position, this.context.log, this.ref.key, this.content, isSound, settle)
  }

  /** The whole tail, merged: what a snapshot lacks. */
  tail(): SoundUpdate {
    return this.content.tail.merged()
  }

  /** What was known before any of the batches from `seq` on: never more than that. */
  knownBefore(seq: number): StateVector {
    return this.content.knownBefore(seq, [...this.#fanOut.heard, ...this.#intake.updates])
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
    if (!this.#intake.empty) this.context.ticker.request(this)
    return submitted
  }

  /** What the update would change: a reader may repeat what is known. */
  brings(scan: UpdateScan): 'something' | 'nothing' | 'unclosed' {
    const { update, unclosed } = this.knowledge.take(scan)
    if (update !== null) return 'something'
    return unclosed ? 'unclosed' : 'nothing'
  }

  /** Why something, whose content is in this again, was taken without it; `null` when nothing was. */
  neutered(scan: UpdateScan): Neutered | null {
    return this.content.emptied?.why(scan) ?? null
  }

  /** The ticker's: what was gathered goes to everyone, and to the log. */
  flush(): void {
    // What `submit` has told: what is told before it, or beside it, takes places of its own.
    const seq = this.content.tail.next
    // First: what was gathered here may build on it.
    const heard = this.#takeHeard()
    const gathering = this.#intake.release()
    if (gathering === null) {
      this.#fanOut.deliver(heard, [], null)
      return
    }
    const updates = this.#fanOut.merged(gathering.updates)
    this.context.metrics.batchUpdates.observe(gathering.updates.length)
    // Merging may shrink what was pending by its parts; from here on the batch counts.
    this.#intake.settle(updates.reduce((left, update) => left - update.length, gathering.bytes))
    const { since, single } = gathering
    const authors = gathering.authors()
    // All of it is in the tail before anybody is told: who falls behind at one lacks the others.
    const batches = updates.map((update) => new Batch(this.content.tail.push(update), update))
    this.#fanOut.deliver(heard, batches, single)
    for (const batch of batches) this.#landing.appender.push({ batch, seq, since, single, authors })
    this.context.metrics.fanoutTime.observe(this.context.clock.monotonic() - since)
  }

  #takeHeard(): readonly Batch[] {
    const heard = this.#fanOut.takeHeard()
    if (heard.length > 0) this.context.grown(this, false)
    return heard
  }

  // ---- the log

  /** Entries of the log that could not be taken are counted and named, each once. */
  passOver(faults: readonly Fault[]): void {
    this.#following.passOver(faults)
  }

  /** Finds out what the log has, and gives it what it lacks. [L70] */
  heal(): void {
    this.#following.heal()
  }

  // ---- compaction

  /** A snapshot up to `snapshot.position` is committed: the tail begins behind it. */
  adopt(snapshot: Snapshot): void {
    if (!this.#closed) this.content.adopt(snapshot)
  }

  /**
   * The same of one that another node may have committed. [J8]
   *
   * @param history What `history` was when it was asked whether the log goes through it.
   * @returns whether the tail begins behind it now.
   */
  adoptCovered(covered: Covered, history: number): boolean {
    // While it is healed its content is not what the log has.
    if (this.#closed || this.#landing.recovery !== null || history !== this.history) return false
    if (this.#following.healsWhatWasLater()) return false
    return this.content.adoptCovered(covered)
  }

  /** Another number when the log has turned out to be another one. */
  get history(): number {
    return this.content.histories
  }

  /** Where the snapshot ends that the tail continues. */
  get base(): Position {
    return this.content.base
  }

  /** Whether that snapshot is in memory. */
  get hasState(): boolean {
    return this.context.states.has(this.ref.key)
  }

  // ---- the end

  /** Resolves when nothing is pending any more. */
  settled(): Promise<void> {
    this.flush()
    return this.#landing.settled()
  }

  evict(code: ErrorCode): void {
    const members = [...this.joined]
    this.close()
    for (const member of members) member.evict(code)
  }

  /** Lets go of everything. What is pending and not durable is lost here: `settled` comes first. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#landing.appender.close()
    this.#following.unfollow()
    this.#here.close()
    this.context.ticker.forget(this)
    this.#intake.close()
    this.joined.clear()
    this.#landing.close()
  }
}
