import type { May } from '../access/access.ts'
import type { Clock } from '../core/clock.ts'
import { type ErrorCode, TributaryError } from '../core/errors.ts'
import type { Limits, Paces } from '../core/limits.ts'
import type { Logger } from '../core/logger.ts'
import type { Position } from '../core/position.ts'
import { checkUpdate } from '../crdt/check.ts'
import type { CutOff } from '../crdt/cut-off.ts'
import type { UpdateScan } from '../crdt/scan.ts'
import { decodeStateVector } from '../crdt/state-vector.ts'
import type { Batch } from '../entity/batch.ts'
import type { Entity } from '../entity/entity.ts'
import type { Neutered } from '../entity/intake.ts'
import type { Member } from '../entity/member.ts'
import type { PresenceBatch } from '../entity/presence-batch.ts'
import type { Since } from '../entity/since.ts'
import type { Metrics } from '../ops/metrics.ts'
import { Greeter } from './greeter.ts'
import type { Outlet } from './outlet.ts'
import { Question } from './question.ts'
import { Rates } from './rates.ts'
import { Reader } from './reader.ts'
import { Receipts } from './receipts.ts'

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
/** It takes no more to know whether all is here that was cut off: half a million deletes, about. */
const CUT_OFF_BYTES = 8 * 1024 * 1024
const BARRED = 'This session sent what is refused for good: it may write no more.'
/** What an update that is too much for a limit is called for people. */
const NEUTERED: Readonly<Record<Neutered, string>> = {
  'update-too-large': 'It is larger than an update may be, and was taken without its content.',
  'entity-full': 'The entity is full: it was taken without its content.',
}

/** How a client is let in that tells at once where it stands. */
export interface Entered {
  /** `state`: all that it lacks comes now. `rest`: what came after its position. `ask`: it is to sync. */
  readonly follows: 'state' | 'rest' | 'ask'
  /** How much that is, about. */
  readonly bytes: number
  readonly may: 'read' | 'write'
  /** Where in the log the client stands once it has what follows. */
  readonly position: Position
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
  readonly #greeter: Greeter
  readonly #question: Question
  #receipts: Receipts | null = null
  /** Of the rates, and of much else, a session holds nothing while it does not need it: see `tick`. */
  #rates: Rates | null = null
  #said: Set<string> | null = null

  #closed = false
  /** The newest batch that something of this client's is in. */
  #lastSeq = -1
  /** It sent what is refused for good, and may write no more. */
  #barred: ErrorCode | null = null
  #room: (() => void)[] | null = null
  #expiryTold = false

  constructor(context: SessionContext, caller: Caller, entity: Entity, outlet: Outlet) {
    this.#context = context
    this.#caller = caller
    this.#entity = entity
    this.#outlet = outlet
    this.#reader = new Reader(entity, outlet, context.limits, context.metrics, this)
    this.#greeter = new Greeter(context, entity, outlet, this)
    this.#question = new Question(entity, outlet, context.metrics)
  }

  get author(): { readonly actor: string; readonly session: string } {
    return this.#caller
  }

  /** Lets the client in, and asks what it has. */
  open(): void {
    this.#join()
    this.#question.first()
  }

  #join(): void {
    this.#entity.join(this)
    this.#context.metrics.sessions.add(1)
    this.#context.metrics.tenantSessions.of(this.#entity.ref.tenant).add(1)
  }

  /**
   * Lets a client in that tells at once where it stands. It is not asked what it has: it is told what
   * the entity has, and sends by itself what it has beyond that.
   *
   * @param from Up to where in the log it was sent everything; `null` when it does not know.
   * @param stateVector What it has; empty when it does not say.
   * @param entered Called once, right before the first that follows, unless the session is closed.
   * @throws {TributaryError} what joining the entity throws, and reading its log.
   */
  async enter(
    from: Position | null,
    stateVector: Uint8Array,
    entered: (how: Entered) => void,
  ): Promise<void> {
    const tell = (
      follows: Entered['follows'],
      bytes: number,
      { position }: Pick<Since, 'position'>,
    ) => entered({ follows, bytes, may: this.#rights, position })
    this.#join()
    this.#greeter.begin(false)
    const since = from === null ? null : await this.#entity.after(from)
    if (this.#closed) return
    if (since !== null) {
      tell('rest', since.update.length, since)
      this.#reader.resume(since)
    } else if (stateVector.length > 0) {
      const known = decodeStateVector(stateVector)
      await this.#reader.join(known, (bytes) => tell('state', bytes, this.#entity))
    } else {
      this.#entity.flush()
      tell('ask', 0, this.#entity)
    }
    if (this.#reader.isLive) this.#receive().tellPlace()
  }

  get closed(): boolean {
    return this.#closed
  }

  // ---- what the client says

  /** Pays for one message. Waiting is the caller's: nothing more is read until it has settled. */
  spend(bytes: number): Promise<void> | undefined {
    this.#rates ??= new Rates(this.#context.limits)
    return this.#pause(this.#rates.spend(bytes, this.#context.clock.monotonic()))
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
    this.#greeter.said()
    this.#greeter.begin(true)
    return this.#reader.join(known)
  }

  /**
   * @param kind `answer` to a question of the server, or an `update` of the client's own accord.
   * @param batch The client's number for it, when it wants to be told what has become of it.
   */
  update(
    bytes: Uint8Array,
    kind: 'update' | 'answer',
    batch: number | null = null,
  ): Promise<void> | undefined {
    if (this.#closed) return
    this.#greeter.said()
    this.#count(bytes.length)
    if (this.#barred !== null) {
      this.#notTaken(batch, this.#barred, BARRED)
      return
    }
    if (bytes.length > IN_THREAD_BYTES) {
      return this.#context.checkInThread(bytes).then(
        (scan) => this.#take(scan, kind, batch),
        (error: unknown) => this.#notChecked(TributaryError.from(error), batch),
      )
    }
    let scan: UpdateScan
    try {
      scan = checkUpdate(bytes)
    } catch (error) {
      this.#notChecked(TributaryError.from(error), batch)
      return
    }
    return this.#take(scan, kind, batch)
  }

  #count(bytes: number): void {
    const { metrics } = this.#context
    const { tenant } = this.#entity.ref
    metrics.updatesIn.add()
    metrics.tenantUpdates.of(tenant).add()
    metrics.tenantBytesIn.of(tenant).add(bytes)
  }

  /** A thread that failed is no fault of the client's: it may come back. */
  #notChecked(error: TributaryError, batch: number | null): void {
    if (this.#closed) return
    if (error.code === 'malformed') this.#offence(error, batch)
    else this.#end(error.code)
  }

  /** What is refused for good ends the session, or at least its right to write. */
  #offence(error: TributaryError, batch: number | null): void {
    if (!this.#outlet.nacks) {
      this.refuse(error)
      return
    }
    this.#barred = error.code
    this.#question.drop()
    this.#once('a client was refused', { code: error.code, reason: error.message })
    this.#notTaken(batch, error.code, error.message)
    this.#outlet.rights(this.#rights)
  }

  /** What it may do now. */
  get #rights(): 'read' | 'write' {
    return this.#caller.may === 'read' || this.#barred !== null ? 'read' : 'write'
  }

  #notTaken(batch: number | null, code: ErrorCode, reason: string): void {
    this.#context.metrics.refusals.of(code).add()
    this.#outlet.notTaken({ batch, code, reason, neutered: false })
  }

  #take(
    scan: UpdateScan,
    kind: 'update' | 'answer',
    batch: number | null,
  ): Promise<void> | undefined {
    if (this.#closed) return
    if (this.#caller.may === 'read') {
      this.#takeNothing(scan, kind, batch)
      return
    }
    const submitted = this.#entity.submit(scan, this, kind === 'answer')
    if (submitted.is === 'refused') {
      this.#refused(submitted.code, batch)
      return
    }
    this.#lastSeq = Math.max(this.#lastSeq, submitted.seq)
    if (submitted.cutOff !== null) {
      this.#context.metrics.unclosed.add()
      // What an answer does not close is dropped: a client's own document has no holes.
      if (kind === 'update') this.#need(submitted.cutOff)
      if (this.#closed) return
    }
    if (kind === 'answer') this.#answered()
    if (batch !== null) this.#confirm(batch, submitted.neutered)
    if (kind === 'update' && submitted.newClients > 0) {
      return this.#pause(this.#spendNewClients(submitted.newClients))
    }
    return
  }

  #need(cutOff: CutOff): void {
    const bytes = this.#question.need(this.#context.clock.monotonic(), cutOff)
    if (bytes > CUT_OFF_BYTES) this.#end('no-answer')
  }

  /** The client is told when it is durable, or at once that it was taken without its content. */
  #confirm(batch: number, neutered: Neutered | null): void {
    if (neutered !== null && this.#outlet.nacks) {
      this.#outlet.notTaken({ batch, code: neutered, reason: NEUTERED[neutered], neutered: true })
      return
    }
    this.#receive().ack(batch, this.#awaited)
  }

  #spendNewClients(count: number): number {
    this.#rates ??= new Rates(this.#context.limits)
    return this.#rates.spendNewClients(count, this.#context.clock.monotonic())
  }

  /** A reader's update: refused, unless it brings nothing. */
  #takeNothing(scan: UpdateScan, kind: 'update' | 'answer', batch: number | null): void {
    if (kind === 'answer') this.#answered()
    const brings = this.#entity.brings(scan)
    if (brings === 'nothing' || (brings === 'unclosed' && kind === 'answer')) {
      // What it repeats may not be durable yet.
      this.#lastSeq = Math.max(this.#lastSeq, this.#entity.newestSeq)
      if (batch !== null) this.#confirm(batch, null)
      return
    }
    this.#once('an update was refused: read-only', { code: 'forbidden' })
    const reason = 'You may read this entity, not write to it. The update was not taken.'
    this.#notTaken(batch, 'forbidden', reason)
  }

  #refused(code: ErrorCode, batch: number | null): void {
    if (code === 'too-deep') {
      this.#once('an update was refused: types are nested too deep', { code })
      const reason = 'Types are nested too deep here: the entity takes no writes for now.'
      this.#notTaken(batch, code, reason)
    } else if (code === 'deleted-generation') {
      this.#offence(new TributaryError(code, 'It belongs to an entity that was removed.'), batch)
    } else if (code === 'pending-full' && this.#outlet.nacks) {
      this.#notTaken(batch, code, 'Too much waits to be stored here.')
    } else {
      this.#end(code)
    }
  }

  awareness(body: Uint8Array): void {
    if (!this.#closed) this.#greeter.hear(body, false)
  }

  /** The client says outright for which id it speaks. */
  claim(body: Uint8Array): void {
    if (!this.#closed) this.#greeter.hear(body, true)
  }

  /** What its caller may, or until when, is another by now. */
  renewed(): void {
    this.#expiryTold = false
    this.#outlet.rights(this.#rights)
  }

  /** The client asks who is here. */
  queryAwareness(): Promise<void> | undefined {
    if (this.#closed) return
    this.#greeter.said()
    if (this.#outlet.unsent > this.#context.limits.outboxSoftBytes) {
      return this.#whenRoom().then(() => this.queryAwareness())
    }
    this.#greeter.tellAll()
    return
  }

  /** Comes back when everything that this client sent before it is durable. */
  marker(version: Uint8Array): void {
    if (this.#closed) return
    this.#greeter.said()
    this.#receive().marker(version, this.#awaited)
  }

  /** What must be durable before all that the client has sent is; `null` while it is to answer first. */
  get #awaited(): number | null {
    return this.#question.isNeeded ? null : this.#lastSeq
  }

  #receive(): Receipts {
    this.#receipts ??= new Receipts(this.#entity, this.#outlet, this)
    return this.#receipts
  }

  // ---- asking

  ask(): boolean {
    if (this.#closed || this.#rights === 'read') return false
    this.#question.wish()
    return true
  }

  #answered(): void {
    if (!this.#question.answered()) return
    // What was awaited may have come from somebody else.
    this.#lastSeq = Math.max(this.#lastSeq, this.#entity.newestSeq)
    this.#receipts?.answered(this.#lastSeq)
  }

  // ---- what the entity says

  deliver(batch: Batch): void {
    this.#reader.deliver(batch)
  }

  durable(): void {
    if (!this.#closed) this.#receipts?.tell()
  }

  echo(batch: Batch): void {
    this.#reader.echo(batch)
  }

  presence(batch: PresenceBatch<Member>): void {
    if (this.#greeter.isDone) this.#reader.presence(batch)
  }

  align(body: Uint8Array): void {
    if (this.#greeter.isDone) this.#outlet.awareness(body)
  }

  evict(code: ErrorCode): void {
    if (code === 'kicked' && !this.#closed) this.#outlet.notice('You have been sent away.')
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
    // An idle session needs none, which saves it 0.3 KB.
    if (this.#rates?.full(now)) this.#rates = null
    if (this.#outOfTime(now)) return
    if (this.#reader.isLive) this.#receipts?.tellPlace()
    if (this.#question.isNeeded) this.#answered()
    if (!this.#question.givesUp(now, this.#context.paces.ask)) return
    this.#once('a question was not answered', { code: 'no-answer' })
    this.#end('no-answer')
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
      this.#outlet.notice(
        'Your token has expired. Come back with a new one: this session is ending.',
      )
      this.#outlet.rights(this.#rights)
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
    this.#greeter.close()
    this.#receipts = null
    this.#letGo()
  }

  // ---- within

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
