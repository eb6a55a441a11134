import { TributaryError } from '../../core/errors.ts'
import type { EntityRef } from '../../core/ids.ts'
import type { Knowledge } from '../../crdt/knowledge.ts'
import type { SoundUpdate } from '../../crdt/scan.ts'
import { scanUpdate } from '../../crdt/scan-update.ts'
import type { NewEntry } from '../../log/log.ts'
import type { Appender, Made, Unlogged } from '../appender.ts'
import type { Content } from '../content.ts'
import type { Member } from '../member.ts'
import { newEntry } from '../new-entry.ts'
import { type Asker, Asking } from './asking.ts'
import { malformedOf } from './heal-plan.ts'
import {
  type FoundLog,
  Healing,
  type HealingContext,
  type Patient,
  type TakenOver,
} from './healing.ts'
import type { Hold } from './hold.ts'
import type { Fault } from './passed-over.ts'
import { takeOver } from './take-over.ts'

export interface RecoveryContext extends HealingContext {
  nextEntryId(): string
  readonly hold: Pick<Hold, 'of' | 'uncover'> | null
}

/** What an entity lends while it is healed. */
export interface Lent {
  readonly ref: EntityRef
  readonly content: Content
  readonly appender: Appender
  readonly members: Iterable<Member>
  isClosed(): boolean
  /** What was gathered goes to everybody, and waits for the log. */
  flush(): void
  /** What the log has goes to everybody. `offset`: where; `null` when it is appended only now. @returns its place. */
  tell(update: SoundUpdate, offset: number | null): number
  /** It waits for the log no longer. */
  settle(one: Unlogged): void
  /** Something more may be durable, or covered by no snapshot. */
  changed(): void
  follow(): Promise<void>
  unfollow(): void
  /** The log is of a later generation. */
  removed(): void
  /** Entries of the log that could not be taken. */
  passOver(faults: readonly Fault[]): void
  trouble(what: string, error: TributaryError): void
  /** Nothing is left to be done. */
  over(): void
}

/**
 * What an entity does from the moment at which its log turned out to be another one: it heals, asks
 * its clients for what is nowhere else, and until all that was there is in the log again nothing counts
 * as durable. Made when it is needed, gone when it is over.
 */
export class Recovery implements Patient, Asker {
  readonly #context: RecoveryContext
  readonly #lent: Lent
  #healing: Healing | null = null
  #asking: Asking | null = null
  /** Nothing is durable before everything up to this place is. */
  #barrier = Number.POSITIVE_INFINITY
  #onTakenOver: (() => void)[] = []
  #onLanded: (() => void)[] = []

  constructor(context: RecoveryContext, lent: Lent) {
    this.#context = context
    this.#lent = lent
    lent.content.keepState()
  }

  /** Begins to heal, or looks at the log once more. */
  heal(): void {
    this.#unfollow()
    if (this.#healing !== null) {
      this.#healing.again()
      return
    }
    this.#healing = new Healing(this.#context, this)
    this.#healing.run().then(
      () => this.#healed(),
      (cause: unknown) => {
        this.trouble('an entity could not be healed', TributaryError.from(cause))
        this.#healed()
      },
    )
  }

  /** The log is not what was known of it. */
  get busy(): boolean {
    return this.#healing !== null
  }

  /** Whether everything up to that place may count as durable, when it is in the log. */
  allows(durable: number): boolean {
    return durable >= this.#barrier && (this.#asking?.unclosed.length ?? 0) === 0
  }

  /** `null` when the content is of the log again, else resolves when it is. */
  untilTakenOver(): Promise<void> | null {
    if (this.#barrier !== Number.POSITIVE_INFINITY) return null
    return new Promise((resolve) => this.#onTakenOver.push(resolve))
  }

  /** Something has landed, or the entity is closed. */
  landed(): void {
    if (!this.closed && !this.#hasLanded) return
    for (const tell of this.#onLanded.splice(0)) tell()
    if (!this.closed) this.#overYet()
  }

  /** Everything that waited when the log was taken over is in it. */
  get #hasLanded(): boolean {
    const { appender, content } = this.#lent
    return (appender.oldest ?? content.tail.next) - 1 >= this.#barrier
  }

  close(): void {
    this.#asking?.close()
    for (const tell of this.#onTakenOver.splice(0)) tell()
    this.landed()
  }

  // ---- the healing's

  get ref(): EntityRef {
    return this.#lent.ref
  }

  get closed(): boolean {
    return this.#lent.isClosed()
  }

  get generation(): number {
    return this.#lent.content.generation
  }

  pause(): Promise<void> {
    this.#unfollow()
    return this.#lent.appender.pause()
  }

  takeOver(found: FoundLog): TakenOver {
    const { appender, content } = this.#lent
    this.#lent.flush()
    const missing = this.#asking?.missing ?? []
    const parts = {
      content,
      queue: appender.queue,
      held: this.#context.hold?.of(this.ref.key) ?? [],
      unclosed: this.#asking?.unclosed ?? [],
      entryOf: (update: SoundUpdate) => this.#entryOf(update),
    }
    const exchanged = takeOver(parts, found)
    const { queue, settled, news, unclosed, known, promised, lacked } = exchanged
    this.#context.hold?.uncover(this.ref.key)
    this.#lent.passOver([...found.read.skipped, ...malformedOf(exchanged.faults)])
    appender.replace(queue)
    this.#barrier = queue.length === 0 ? Number.NEGATIVE_INFINITY : content.tail.next - 1
    for (const one of settled) this.#lent.settle(one)
    for (const update of news) this.#lent.tell(update, found.read.head.offset)
    this.#ask([known, ...missing], unclosed)
    for (const tell of this.#onTakenOver.splice(0)) tell()
    this.#lent.changed()
    return { lacked, promised }
  }

  follow(): Promise<void> {
    return this.#lent.follow()
  }

  resume(): void {
    this.#lent.appender.resume()
    this.landed()
  }

  allLanded(): Promise<void> {
    return new Promise((resolve) => {
      this.#onLanded.push(resolve)
      this.landed()
    })
  }

  removed(): void {
    this.#lent.removed()
  }

  trouble(what: string, error: TributaryError): void {
    this.#lent.trouble(what, error)
  }

  #healed(): void {
    this.#healing = null
    if (this.#barrier === Number.POSITIVE_INFINITY && !this.closed) {
      // The log turned out to be another one when the healing had looked at it for the last time.
      this.heal()
      return
    }
    this.#lent.changed()
    this.#overYet()
  }

  #unfollow(): void {
    this.#lent.unfollow()
    this.#barrier = Number.POSITIVE_INFINITY
  }

  #overYet(): void {
    if (this.#healing !== null || this.#asking?.isOver === false) return
    if (this.#hasLanded) this.#lent.over()
  }

  #entryOf(update: SoundUpdate): NewEntry {
    const what = { authors: [], origin: 'heal', update } as const
    return newEntry(this.#context, what, this.#lent.content.emptiedIn(update))
  }

  // ---- the asking's

  #ask(known: readonly Knowledge[], unclosed: readonly SoundUpdate[]): void {
    this.#asking?.close()
    this.#asking = new Asking(this.#context.clock, this, known, unclosed)
    this.#asking.begin()
  }

  get askable(): Iterable<Member> {
    return this.#lent.members
  }

  get knowledge(): Knowledge {
    return this.#lent.content.knowledge
  }

  takeClosed(updates: readonly SoundUpdate[]): readonly SoundUpdate[] {
    const { content, appender } = this.#lent
    return updates.filter((waiting) => {
      const { update, unclosed } = this.knowledge.take(scanUpdate(waiting))
      if (update !== null) {
        this.#lent.flush()
        content.learn(update)
        const seq = this.#lent.tell(update, null)
        // Its author was told a place before it.
        this.#barrier = Math.max(this.#barrier, seq)
        const made: Made = { entry: this.#entryOf(update), unlogged: [], seq }
        appender.push(made)
      }
      return unclosed
    })
  }

  giveUp(updates: readonly SoundUpdate[]): void {
    const { log, metrics } = this.#context
    this.#lent.content.forgetUnknownEmptied()
    this.trouble(
      'something that was known is lost',
      new TributaryError('damaged', `nobody has it; updates that build on it: ${updates.length}`),
    )
    for (const update of updates) {
      log.setAside(this.ref.key, update, 'builds on something that was lost').then(
        () => metrics.setAside.add(),
        () => {},
      )
    }
  }

  asked(): void {
    this.#lent.changed()
    this.#overYet()
  }
}
