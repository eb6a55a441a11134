import { type ErrorCode, TributaryError } from '../core/errors.ts'
import type { Position } from '../core/position.ts'
import { decodeStateVector } from '../crdt/state-vector.ts'
import type { Batch } from '../entity/batch.ts'
import type { Entity } from '../entity/entity.ts'
import type { Member } from '../entity/member.ts'
import type { PresenceBatch } from '../entity/presence/presence-batch.ts'
import type { Since } from '../entity/since.ts'
import type { Caller, SessionContext } from './context.ts'
import { Greeter } from './greeter.ts'
import type { Outlet } from './outlet.ts'
import { Question } from './question.ts'
import { Rates } from './rates.ts'
import { Reader } from './reader.ts'
import { Writer, type Writing } from './writer.ts'

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
 * One client on one entity, from its coming to its end. It keeps the client's budgets and the time that
 * it has; what becomes of its updates is the `Writer`'s, what it is sent the `Reader`'s.
 *
 * States: open → closed, one way. A method that returns a promise wants nothing more to be read
 * until it settles: that is how a rate, a check in a thread and a full socket push back.
 */
export class Session implements Writing {
  readonly #context: SessionContext
  readonly #caller: Caller
  readonly #entity: Entity
  readonly #outlet: Outlet
  readonly #reader: Reader
  readonly #greeter: Greeter
  readonly #question: Question
  readonly #writer: Writer
  /** Of the rates, and of much else, a session holds nothing while it does not need it: see `tick`. */
  #rates: Rates | null = null
  #said: Set<string> | null = null

  #closed = false
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
    this.#writer = new Writer(context, caller, entity, outlet, this.#question, this)
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
    ) => entered({ follows, bytes, may: this.#writer.may, position })
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
    if (this.#reader.isLive) this.#writer.receive().tellPlace()
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
    return this.#writer.update(bytes, kind, batch)
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
    this.#outlet.rights(this.#writer.may)
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
    this.#writer.marker(version)
  }

  // ---- what the entity says

  ask(): boolean {
    if (this.#closed || this.#writer.may === 'read') return false
    this.#question.wish()
    return true
  }

  deliver(batch: Batch): void {
    this.#reader.deliver(batch)
  }

  durable(): void {
    if (!this.#closed) this.#writer.receipts?.tell()
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
    this.end(code)
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
    if (this.#rates?.areIdle(now)) this.#rates = null
    if (this.#outOfTime(now)) return
    if (this.#reader.isLive) this.#writer.receipts?.tellPlace()
    if (this.#question.isNeeded) this.#writer.answered()
    if (!this.#question.givesUp(now, this.#context.paces.ask)) return
    this.once('a question was not answered', { code: 'no-answer' })
    this.end('no-answer')
  }

  /** A right that has run out is told, and some time later the session is over. */
  #outOfTime(now: number): boolean {
    const { until } = this.#caller
    if (until === null || now < until) return false
    if (now >= until + this.#context.paces.grace) {
      this.end('unauthenticated')
      return true
    }
    if (!this.#expiryTold) {
      this.#expiryTold = true
      this.#outlet.notice(
        'Your token has expired. Come back with a new one: this session is ending.',
      )
      this.#outlet.rights(this.#writer.may)
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
    this.#reader.close()
    this.#greeter.close()
    this.#writer.close()
    this.#letGo()
  }

  // ---- within: the writer's, too

  refuse(error: TributaryError): void {
    if (this.#closed) return
    this.#context.metrics.refusals.of(error.code).add()
    this.once('a client was refused', { code: error.code, reason: error.message })
    this.close()
    this.#outlet.refuse(error.code, error.message)
  }

  end(code: ErrorCode): void {
    if (this.#closed) return
    this.#context.metrics.refusals.of(code).add()
    this.close()
    this.#outlet.close(code)
  }

  once(event: string, fields: Record<string, string>): void {
    if (this.#said?.has(event)) return
    this.#said ??= new Set()
    this.#said.add(event)
    this.#caller.logger.warn(event, fields)
  }

  spendNewClients(count: number): Promise<void> | undefined {
    this.#rates ??= new Rates(this.#context.limits)
    return this.#pause(this.#rates.spendNewClients(count, this.#context.clock.monotonic()))
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
