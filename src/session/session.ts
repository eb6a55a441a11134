import type { May } from '../access/access.ts'
import { Budget } from '../core/budget.ts'
import type { Clock } from '../core/clock.ts'
import { type ErrorCode, TributaryError } from '../core/errors.ts'
import type { Limits, Paces } from '../core/limits.ts'
import type { Logger } from '../core/logger.ts'
import { type AwarenessFrame, readAwareness } from '../crdt/awareness.ts'
import { checkUpdate } from '../crdt/check.ts'
import type { UpdateScan } from '../crdt/scan.ts'
import { decodeStateVector } from '../crdt/state-vector.ts'
import type { Batch } from '../entity/batch.ts'
import type { Entity } from '../entity/entity.ts'
import type { Member } from '../entity/member.ts'
import type { PresenceBatch } from '../entity/presence-batch.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { Outlet } from './outlet.ts'
import { Reader } from './reader.ts'

export interface SessionContext {
  readonly clock: Clock
  readonly limits: Limits
  readonly paces: Paces
  readonly metrics: Metrics
  /** Checks an update in a thread: for those that would hold up the loop. */
  checkInThread(bytes: Uint8Array): Promise<UpdateScan>
}

/** Who the client is and what it may do. */
export interface Caller {
  readonly actor: string
  readonly session: string
  readonly may: May
  /** When its right to be here ends, on the monotonic clock; `null`: never. */
  readonly until: number | null
  readonly logger: Logger
}

/** Updates above it are checked in a thread: 64 KB of tiny structs take about a millisecond here. */
const IN_THREAD_BYTES = 64 * 1024
/** A client's presence is awaited so long after its first step1 before it is told who is here. */
const GREET_MS = 50
/** Markers that wait; the newest covers all before it. */
const MARKERS_MOST = 1_000

interface Marker {
  readonly version: Uint8Array
  /** The batch that must be durable; `null` while an answer is awaited that it depends on. */
  seq: number | null
}

/**
 * One client on one entity. It decides what the client may do, keeps its budgets, asks it for what
 * its updates build on, and tells it what is durable; what the client is sent is the `Reader`'s.
 *
 * States: open → closed, one way. A method that returns a promise wants nothing more to be read
 * until it settles: that is how a rate, a check in a thread and a full socket push back.
 */
export class Session implements Member {
  readonly #context: SessionContext
  readonly #caller: Caller
  readonly #entity: Entity
  readonly #outlet: Outlet
  readonly #reader: Reader
  /** Of the rates, and of much else, a session holds nothing while it does not need it: see `tick`. */
  #messages: Budget | null = null
  #bytes: Budget | null = null
  #newClients: Budget | null = null
  #said: Set<string> | null = null

  #closed = false
  /** The newest batch that something of this client's is in. */
  #lastSeq = -1
  #markers: Marker[] = []
  /** A question that has not been answered: since when an answer is needed, if it is. */
  #question: { neededSince: number | null; asked: number } | null = null
  #greeting: 'before-step1' | 'soon' | 'done' = 'before-step1'
  /** The next message is the one directly after the first step1. */
  #mayClaim = false
  #room: (() => void)[] | null = null
  #expiryTold = false

  constructor(context: SessionContext, caller: Caller, entity: Entity, outlet: Outlet) {
    this.#context = context
    this.#caller = caller
    this.#entity = entity
    this.#outlet = outlet
    this.#reader = new Reader(entity, outlet, context.limits, context.metrics, this)
  }

  get author(): { readonly actor: string; readonly session: string } {
    return this.#caller
  }

  /** Lets the client in, and asks what it has. */
  open(): void {
    this.#entity.join(this)
    this.#context.metrics.sessions.add(1)
    this.#context.metrics.tenantSessions.of(this.#entity.ref.tenant).add(1)
    this.#ask(false)
  }

  get closed(): boolean {
    return this.#closed
  }

  // ---- what the client says

  /** Pays for one message. Waiting is the caller's: nothing more is read until it has settled. */
  spend(bytes: number): Promise<void> | undefined {
    const { clock, limits } = this.#context
    const now = clock.monotonic()
    this.#messages ??= new Budget(limits.sessionMessages, limits.sessionMessagesBurst, now)
    this.#bytes ??= new Budget(limits.sessionBytes, limits.sessionBytesBurst, now)
    return this.#pause(Math.max(this.#messages.spend(1, now), this.#bytes.spend(bytes, now)))
  }

  /** The client tells what it has: it is sent what it lacks, and then everything that follows. */
  sync(stateVector: Uint8Array): Promise<void> | undefined {
    if (this.#closed) return
    // Each answer may be the whole entity: the next one waits until the last one has left.
    if (this.#outlet.unsent > this.#context.limits.outboxSoftBytes) {
      return this.#whenRoom().then(() => this.sync(stateVector))
    }
    let known: Map<number, number>
    try {
      known = decodeStateVector(stateVector)
    } catch (error) {
      this.refuse(TributaryError.from(error))
      return
    }
    this.#mayClaim = false
    if (this.#greeting === 'before-step1') {
      this.#greeting = 'soon'
      this.#mayClaim = true
      this.#context.clock.after(GREET_MS, () => this.#greet())
    }
    return this.#reader.join(known)
  }

  /**
   * @param kind `answer` to a question of the server, or an `update` of the client's own accord.
   */
  update(bytes: Uint8Array, kind: 'update' | 'answer'): Promise<void> | undefined {
    if (this.#closed) return
    this.#mayClaim = false
    this.#count(bytes.length)
    if (bytes.length > IN_THREAD_BYTES) {
      return this.#context.checkInThread(bytes).then(
        (scan) => this.#take(scan, kind),
        (error: unknown) => this.#notChecked(TributaryError.from(error)),
      )
    }
    try {
      return this.#take(checkUpdate(bytes), kind)
    } catch (error) {
      this.refuse(TributaryError.from(error))
      return
    }
  }

  #count(bytes: number): void {
    const { metrics } = this.#context
    const { tenant } = this.#entity.ref
    metrics.updatesIn.add()
    metrics.tenantUpdates.of(tenant).add()
    metrics.tenantBytesIn.of(tenant).add(bytes)
  }

  /** A thread that failed is no fault of the client's: it may come back. */
  #notChecked(error: TributaryError): void {
    if (error.code === 'malformed') this.refuse(error)
    else this.#end(error.code)
  }

  #take(scan: UpdateScan, kind: 'update' | 'answer'): Promise<void> | undefined {
    if (this.#closed) return
    if (this.#caller.may === 'read') {
      this.#takeNothing(scan, kind)
      return
    }
    const submitted = this.#entity.submit(scan, this)
    if (submitted.is === 'refused') {
      this.#refused(submitted.code)
      return
    }
    this.#lastSeq = Math.max(this.#lastSeq, submitted.seq)
    if (submitted.unclosed) {
      this.#context.metrics.unclosed.add()
      // What an answer does not close is dropped: a client's own document has no holes.
      if (kind === 'update') this.#ask(true)
    }
    if (kind === 'answer') this.#answered()
    else if (submitted.is === 'taken' && submitted.newClients > 0) {
      return this.#pause(this.#spendNewClients(submitted.newClients))
    }
    return
  }

  #spendNewClients(count: number): number {
    const perMinute = this.#context.limits.sessionNewClients
    const now = this.#context.clock.monotonic()
    this.#newClients ??= new Budget(perMinute / 60, perMinute, now)
    return this.#newClients.spend(count, now)
  }

  /** A reader's update: refused, unless it brings nothing. */
  #takeNothing(scan: UpdateScan, kind: 'update' | 'answer'): void {
    if (kind === 'answer') this.#answered()
    if (!this.#entity.brings(scan)) return
    this.#context.metrics.refusals.of('forbidden').add()
    this.#once('an update was refused: read-only', { code: 'forbidden' })
    this.#outlet.denied('You may read this entity, not write to it. The update was not taken.')
  }

  #refused(code: ErrorCode): void {
    if (code === 'too-deep') {
      this.#context.metrics.refusals.of(code).add()
      this.#once('an update was refused: types are nested too deep', { code })
      this.#outlet.denied('Types are nested too deep here: the entity takes no writes for now.')
    } else if (code === 'deleted-generation') {
      this.refuse(new TributaryError(code, 'It belongs to an entity that was removed.'))
    } else {
      this.#end(code)
    }
  }

  /** A frame that cannot be read is dropped and counted, as is any entry that may not be passed on. */
  awareness(body: Uint8Array): void {
    if (this.#closed) return
    const isOpening = this.#mayClaim
    this.#mayClaim = false
    const dropped = this.#hear(body, isOpening)
    if (dropped > 0) this.#context.metrics.awarenessDropped.add(dropped)
    if (!isOpening) return
    const aligning = this.#entity.presence.aligning(this)
    if (aligning !== null) this.#outlet.awareness(aligning)
    this.#greet()
  }

  /** @returns how many entries were not heard. */
  #hear(body: Uint8Array, isOpening: boolean): number {
    const { awarenessBytes, awarenessDepth } = this.#context.limits
    const { presence } = this.#entity
    let frame: AwarenessFrame
    try {
      frame = readAwareness(body, { bytes: awarenessBytes, depth: awarenessDepth })
    } catch {
      return 1
    }
    let { dropped } = frame
    const isClaim = isOpening && frame.entries.length === 1
    for (const entry of frame.entries) {
      const isHeard =
        isClaim && entry.state !== null ? presence.claim(this, entry) : presence.hear(this, entry)
      if (!isHeard) dropped++
    }
    return dropped
  }

  /** The client asks who is here. */
  queryAwareness(): Promise<void> | undefined {
    if (this.#closed) return
    this.#mayClaim = false
    if (this.#outlet.unsent > this.#context.limits.outboxSoftBytes) {
      return this.#whenRoom().then(() => this.queryAwareness())
    }
    for (const body of this.#entity.greeting(this)) this.#outlet.awareness(body)
    return
  }

  /** Comes back when everything that this client sent before it is durable. */
  marker(version: Uint8Array): void {
    if (this.#closed) return
    this.#mayClaim = false
    if (this.#markers.length >= MARKERS_MOST) this.#markers.pop()
    this.#markers.push({ version, seq: this.#question?.neededSince == null ? this.#lastSeq : null })
    this.#tellMarkers()
  }

  #tellMarkers(): void {
    const { durableSeq } = this.#entity
    while (this.#markers.length > 0) {
      const { seq, version } = this.#markers[0] as Marker
      if (seq === null) return
      if (seq > durableSeq) {
        this.#entity.whenDurable(this)
        return
      }
      this.#markers.shift()
      this.#outlet.marker(version)
    }
  }

  // ---- asking

  #ask(needed: boolean): void {
    const now = this.#context.clock.monotonic()
    if (this.#question === null) {
      this.#question = { neededSince: needed ? now : null, asked: 1 }
      if (needed) this.#context.metrics.questions.add()
      this.#outlet.question(this.#entity.stateVector)
    } else if (needed) {
      this.#question.neededSince ??= now
    }
  }

  /** The entity may lack what it once had. Nobody is sent away for not answering that. */
  ask(): boolean {
    if (this.#closed || this.#caller.may === 'read') return false
    this.#question ??= { neededSince: null, asked: 1 }
    this.#context.metrics.questions.add()
    this.#outlet.question(this.#entity.stateVector)
    return true
  }

  #answered(): void {
    this.#question = null
    for (const marker of this.#markers) marker.seq ??= this.#lastSeq
    this.#tellMarkers()
  }

  // ---- what the entity says

  deliver(batch: Batch): void {
    this.#reader.deliver(batch)
  }

  durable(): void {
    if (!this.#closed) this.#tellMarkers()
  }

  echo(batch: Batch): void {
    this.#reader.echo(batch)
  }

  presence(batch: PresenceBatch<Member>): void {
    if (this.#greeting === 'done') this.#reader.presence(batch)
  }

  align(body: Uint8Array): void {
    if (this.#greeting === 'done') this.#outlet.awareness(body)
  }

  evict(code: ErrorCode): void {
    if (code === 'kicked' && !this.#closed) this.#outlet.denied('You have been sent away.')
    this.#end(code)
  }

  // ---- what the socket says

  /** The socket has taken everything. */
  drained(): void {
    if (this.#closed) return
    this.#reader.drained()
    this.#letGo()
  }

  #letGo(): void {
    const waiting = this.#room
    this.#room = null
    for (const go of waiting ?? []) go()
  }

  /** Called about once a second. */
  tick(now: number): void {
    // A full budget is like a new one: an idle session needs none, which saves it 0.3 KB.
    if (this.#messages?.full(now)) this.#messages = null
    if (this.#bytes?.full(now)) this.#bytes = null
    if (this.#newClients?.full(now)) this.#newClients = null
    if (this.#outOfTime(now)) return
    const question = this.#question
    if (question === null || question.neededSince === null) return
    if (now - question.neededSince < this.#context.paces.ask) return
    if (question.asked > 1) {
      this.#once('a question was not answered', { code: 'no-answer' })
      this.#end('no-answer')
      return
    }
    this.#question = { neededSince: now, asked: question.asked + 1 }
    this.#context.metrics.questions.add()
    this.#outlet.question(this.#entity.stateVector)
  }

  /** A right that has run out is told, and some time later the session is over. */
  #outOfTime(now: number): boolean {
    const { until } = this.#caller
    if (until === null || now < until) return false
    if (now >= until + this.#context.paces.grace) {
      this.#end('unauthenticated')
      return true
    }
    if (!this.#expiryTold) {
      this.#expiryTold = true
      this.#outlet.denied(
        'Your token has expired. Come back with a new one: this session is ending.',
      )
    }
    return false
  }

  /**
   * The client has left, or is sent away: the entity forgets it. Idempotent.
   *
   * @param announce whether others are told that it is gone.
   */
  close(announce = true): void {
    if (this.#closed) return
    this.#closed = true
    this.#context.metrics.sessions.add(-1)
    this.#context.metrics.tenantSessions.of(this.#entity.ref.tenant).add(-1)
    this.#entity.leave(this, announce)
    this.#markers = []
    this.#letGo()
  }

  // ---- within

  #greet(): void {
    if (this.#closed || this.#greeting === 'done') return
    this.#greeting = 'done'
    for (const body of this.#entity.greeting(this)) this.#outlet.awareness(body)
  }

  /** The end, with a reason that the client is told first. */
  refuse(error: TributaryError): void {
    if (this.#closed) return
    this.#context.metrics.refusals.of(error.code).add()
    this.#once('a client was refused', { code: error.code, reason: error.message })
    this.close()
    this.#outlet.refuse(error.code, error.message)
  }

  #end(code: ErrorCode): void {
    if (this.#closed) return
    this.#context.metrics.refusals.of(code).add()
    this.close()
    this.#outlet.close(code)
  }

  #once(event: string, fields: Record<string, string>): void {
    if (this.#said?.has(event)) return
    this.#said ??= new Set()
    this.#said.add(event)
    this.#caller.logger.warn(event, fields)
  }

  #pause(ms: number): Promise<void> | undefined {
    if (ms <= 0) return
    return new Promise((resolve) => this.#context.clock.after(Math.ceil(ms), resolve))
  }

  #whenRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#room ??= []
      this.#room.push(resolve)
    })
  }
}
