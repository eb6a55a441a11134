import { type ErrorCode, TributaryError } from '../core/errors.ts'
import { checkUpdate } from '../crdt/check.ts'
import type { CutOff } from '../crdt/cut-off.ts'
import type { UpdateScan } from '../crdt/scan.ts'
import type { Neutered } from '../entity/emptied.ts'
import type { Entity } from '../entity/entity.ts'
import type { Member } from '../entity/member.ts'
import type { Caller, SessionContext } from './context.ts'
import type { Outlet } from './outlet.ts'
import type { Question } from './question.ts'
import { Receipts } from './receipts.ts'

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

/** The session, as far as its writer goes. */
export interface Writing extends Member {
  readonly closed: boolean
  /** Pays for client ids that were not there before. Waiting is the caller's. */
  spendNewClients(count: number): Promise<void> | undefined
  /** Logs it, the first time. */
  once(event: string, fields: Record<string, string>): void
  /** The end, with a reason that the client is told first. */
  refuse(error: TributaryError): void
  /** The end, at once. */
  end(code: ErrorCode): void
}

/**
 * The way down from one client: whether it may write, what becomes of each update that it sends, and
 * what it is told of that. What its updates build on and is not here is asked for, and nothing of it
 * is confirmed until it is.
 */
export class Writer {
  readonly #context: SessionContext
  readonly #caller: Caller
  readonly #entity: Entity
  readonly #outlet: Outlet
  readonly #question: Question
  readonly #session: Writing
  #receipts: Receipts | null = null
  /** The newest batch that something of this client's is in. */
  #lastSeq = -1
  /** It sent what is refused for good, and may write no more. */
  #barred: ErrorCode | null = null

  constructor(
    context: SessionContext,
    caller: Caller,
    entity: Entity,
    outlet: Outlet,
    question: Question,
    session: Writing,
  ) {
    this.#context = context
    this.#caller = caller
    this.#entity = entity
    this.#outlet = outlet
    this.#question = question
    this.#session = session
  }

  /** What the client may do now. */
  get may(): 'read' | 'write' {
    return this.#caller.may === 'read' || this.#barred !== null ? 'read' : 'write'
  }

  /** An update of the session's that is open. */
  update(
    bytes: Uint8Array,
    kind: 'update' | 'answer',
    batch: number | null,
  ): Promise<void> | undefined {
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
    if (this.#session.closed) return
    if (error.code === 'malformed') this.#offence(error, batch)
    else this.#session.end(error.code)
  }

  /** What is refused for good ends the session, or at least its right to write. */
  #offence(error: TributaryError, batch: number | null): void {
    if (!this.#outlet.nacks) {
      this.#session.refuse(error)
      return
    }
    this.#barred = error.code
    this.#question.drop()
    this.#session.once('a client was refused', { code: error.code, reason: error.message })
    this.#notTaken(batch, error.code, error.message)
    this.#outlet.rights(this.may)
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
    if (this.#session.closed) return
    if (this.#caller.may === 'read') {
      this.#takeNothing(scan, kind, batch)
      return
    }
    const submitted = this.#entity.submit(scan, this.#session, kind === 'answer')
    if (submitted.is === 'refused') {
      this.#refused(submitted.code, batch)
      return
    }
    this.#lastSeq = Math.max(this.#lastSeq, submitted.seq)
    if (submitted.cutOff !== null) {
      this.#context.metrics.unclosed.add()
      // What an answer does not close is dropped: a client's own document has no holes.
      if (kind === 'update') this.#need(submitted.cutOff)
      if (this.#session.closed) return
    }
    if (kind === 'answer') this.answered()
    if (batch !== null) this.#confirm(batch, submitted.neutered)
    if (kind === 'update' && submitted.newClients > 0) {
      return this.#session.spendNewClients(submitted.newClients)
    }
    return
  }

  #need(cutOff: CutOff): void {
    const bytes = this.#question.need(this.#context.clock.monotonic(), cutOff)
    if (bytes > CUT_OFF_BYTES) this.#session.end('no-answer')
  }

  /** The client is told when it is durable, or at once that it was taken without its content. */
  #confirm(batch: number, neutered: Neutered | null): void {
    if (neutered !== null && this.#outlet.nacks) {
      this.#outlet.notTaken({ batch, code: neutered, reason: NEUTERED[neutered], neutered: true })
      return
    }
    this.receive().ack(batch, this.#awaited)
  }

  /** A reader's update: refused, unless it brings nothing. */
  #takeNothing(scan: UpdateScan, kind: 'update' | 'answer', batch: number | null): void {
    if (kind === 'answer') this.answered()
    const neutered = kind === 'answer' ? null : this.#entity.neutered(scan)
    const brings = this.#entity.brings(scan)
    if (brings === 'nothing' || (brings === 'unclosed' && kind === 'answer')) {
      // What it repeats may not be durable yet.
      this.#lastSeq = Math.max(this.#lastSeq, this.#entity.newestSeq)
      if (batch !== null) this.#confirm(batch, neutered)
      return
    }
    this.#session.once('an update was refused: read-only', { code: 'forbidden' })
    const reason = 'You may read this entity, not write to it. The update was not taken.'
    this.#notTaken(batch, 'forbidden', reason)
  }

  #refused(code: ErrorCode, batch: number | null): void {
    if (code === 'too-deep') {
      this.#session.once('an update was refused: types are nested too deep', { code })
      const reason = 'Types are nested too deep here: the entity takes no writes for now.'
      this.#notTaken(batch, code, reason)
    } else if (code === 'deleted-generation') {
      this.#offence(new TributaryError(code, 'It belongs to an entity that was removed.'), batch)
    } else if (code === 'pending-full' && this.#outlet.nacks) {
      this.#notTaken(batch, code, 'Too much waits to be stored here.')
    } else {
      this.#session.end(code)
    }
  }

  // ---- what is confirmed

  /** What the client is told of what is durable; `null` while there is nothing that it is to know. */
  get receipts(): Receipts | null {
    return this.#receipts
  }

  /** The same, made when there is none. */
  receive(): Receipts {
    this.#receipts ??= new Receipts(this.#entity, this.#outlet, this.#session)
    return this.#receipts
  }

  /** Comes back when everything that the client sent before it is durable. */
  marker(version: Uint8Array): void {
    this.receive().marker(version, this.#awaited)
  }

  /** What must be durable before all that the client has sent is; `null` while it is to answer first. */
  get #awaited(): number | null {
    return this.#question.isNeeded ? null : this.#lastSeq
  }

  /** Something was said that may be the answer to what it was asked. */
  answered(): void {
    if (!this.#question.answered()) return
    // What was awaited may have come from somebody else.
    this.#lastSeq = Math.max(this.#lastSeq, this.#entity.newestSeq)
    this.#receipts?.answered(this.#lastSeq)
  }

  /** Nothing is told any more. */
  close(): void {
    this.#receipts = null
  }
}
