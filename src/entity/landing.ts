import type { TributaryError } from '../core/errors.ts'
import type { Position } from '../core/position.ts'
import { Appender, type AppenderSink, type Made, type Saved, type Unlogged } from './appender.ts'
import type { Content } from './content.ts'
import type { EntityContext, Whole } from './context.ts'
import type { Intake } from './intake.ts'
import type { Member } from './member.ts'
import type { Recovery } from './recovery.ts'

export interface LandingParts {
  readonly content: Content
  readonly intake: Intake
  readonly members: ReadonlySet<Member>
}

/** What is durable, and who is told when more is: everything that happens once the log has an update. */
export class Landing implements AppenderSink {
  readonly appender: Appender
  /**
   * While the log is, or was just, another one: then what is in it may not count as durable. It is
   * begun and ended by what follows the log.
   */
  recovery: Recovery | null = null
  readonly #context: EntityContext
  readonly #entity: Whole
  readonly #content: Content
  readonly #intake: Intake
  readonly #members: ReadonlySet<Member>
  #waiting: Set<Member> | null = null
  #idle: (() => void)[] | null = null

  constructor(context: EntityContext, entity: Whole, { content, intake, members }: LandingParts) {
    this.#context = context
    this.#entity = entity
    this.#content = content
    this.#intake = intake
    this.#members = members
    this.appender = new Appender(context, entity.ref.key, this)
  }

  // ---- how far it is

  /** Everything up to this place is durable. */
  get durableSeq(): number {
    const durable = (this.appender.oldest ?? this.#content.tail.next) - 1
    return this.recovery?.allows(durable) === false ? -1 : durable
  }

  /** How safe what is durable is. */
  get saved(): Saved {
    return this.appender.saved ?? { tier: this.#context.log.tier, replicas: 0 }
  }

  /** Something is on its way. */
  get busy(): boolean {
    return !this.#intake.empty || this.appender.busy || this.recovery?.busy === true
  }

  // ---- who waits

  /** Tells `member.durable` as soon as something more is durable. */
  whenDurable(member: Member): void {
    this.#waiting ??= new Set()
    this.#waiting.add(member)
  }

  /** The member has left. */
  forget(member: Member): void {
    this.#waiting?.delete(member)
  }

  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void> {
    if (!this.busy) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle ??= []
      this.#idle.push(resolve)
    })
  }

  /** Something more may be durable, or nothing on its way any more. */
  tell(): void {
    this.#tellDurable()
    this.#tellSettled()
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

  // ---- what the appender says

  landed({ entry, unlogged, seq }: Made, position: Position, appendedAt: number): void {
    if (this.#entity.closed) return
    const { hold, metrics, clock } = this.#context
    // What heals stands in the tail as long as no snapshot has it.
    if (entry.origin !== 'heal') hold?.keep(this.#entity.ref.key, entry, position.offset)
    this.#content.reached(position)
    const now = clock.monotonic()
    metrics.appendTime.observe(now - appendedAt)
    if (unlogged.length === 0) this.#content.tail.landed(seq, position.offset)
    for (const one of unlogged) {
      metrics.ackTime.observe(now - one.since)
      this.#content.tail.landed(one.batch.seq, position.offset)
      this.settle(one)
    }
    this.recovery?.landed()
    this.#tellDurable()
    this.#context.grown(this.#entity, true)
    this.#tellSettled()
  }

  /** It is in the log, or what it brought is asked for. */
  settle({ batch, single }: Unlogged): void {
    this.#intake.settle(batch.update.length)
    if (!this.#context.echo || single === null) return
    if (this.#members.has(single)) single.echo(batch)
  }

  failing(error: TributaryError): void {
    this.#context.trouble(this.#entity, 'an append failed, it is tried again', error)
  }

  /** Nobody is told of anything more. */
  close(): void {
    this.#waiting = null
    this.recovery?.close()
    this.#tellIdle()
  }
}
