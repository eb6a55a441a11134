import type { TributaryError } from '../core/errors.ts'
import type { Position } from '../core/position.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import { Appender, type AppenderSink, type Made, type Saved, type Unlogged } from './appender.ts'
import type { Whole } from './context.ts'
import type { Recovery } from './healing/recovery.ts'
import type { Intake } from './intake.ts'
import type { Member } from './member.ts'

/** What is durable, and who is told when more is: everything that happens once the log has an update. */
export class Landing implements AppenderSink {
  readonly appender: Appender
  /**
   * While the log is, or was just, another one: then what is in it may not count as durable. It is
   * begun and ended by what follows the log.
   */
  recovery: Recovery | null = null
  readonly #entity: Whole
  readonly #intake: Intake
  #waiting: Set<Member> | null = null
  #idle: (() => void)[] | null = null

  constructor(entity: Whole, intake: Intake) {
    this.#entity = entity
    this.#intake = intake
    this.appender = new Appender(entity.context, entity.ref.key, this)
  }

  // ---- how far it is

  /** Everything up to this place is durable. */
  get durableSeq(): number {
    const durable = (this.appender.oldest ?? this.#entity.content.tail.next) - 1
    return this.recovery?.allows(durable) === false ? -1 : durable
  }

  /** How safe what is durable is. */
  get saved(): Saved {
    return this.appender.saved ?? { tier: this.#entity.context.log.tier, replicas: 0 }
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
    for (const member of waiting) member.durable()
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
    const { hold, metrics, clock } = this.#entity.context
    hold?.keep(this.#entity.ref.key, entry, position.offset)
    this.#entity.content.reached(position)
    const now = clock.monotonic()
    metrics.appendTime.observe(now - appendedAt)
    if (unlogged.length === 0) this.#entity.content.tail.landed(seq, position.offset)
    for (const one of unlogged) {
      metrics.ackTime.observe(now - one.since)
      this.#entity.content.tail.landed(one.batch.seq, position.offset)
      this.settle(one)
    }
    this.recovery?.landed()
    this.#tellDurable()
    this.#entity.context.grown(this.#entity, true)
    this.#tellSettled()
  }

  /** It is in the log, or what it brought is asked for. */
  settle({ batch, single }: Unlogged): void {
    this.#intake.settle(batch.update.length)
    if (!this.#entity.context.echo || single === null) return
    if (this.#entity.joined.has(single)) single.echo(batch)
  }

  failing(error: TributaryError): void {
    this.#entity.context.trouble(this.#entity, 'an append failed, it is tried again', error)
  }

  emptied(update: SoundUpdate): Uint8Array | null {
    return this.#entity.content.emptiedIn(update)
  }

  /** Nobody is told of anything more. */
  close(): void {
    this.#waiting = null
    this.recovery?.close()
    this.#tellIdle()
  }
}
