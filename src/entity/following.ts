import { TributaryError } from '../core/errors.ts'
import { generationOf, type Position } from '../core/position.ts'
import type { SoundUpdate, UpdateScan } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import type { Entry, EntrySink, Subscription } from '../log/log.ts'
import type { Whole } from './context.ts'
import type { FanOut } from './fan-out.ts'
import { type Fault, PassedOver } from './healing/passed-over.ts'
import { type Lent, Recovery } from './healing/recovery.ts'
import type { Landing } from './landing.ts'
import type { Here } from './presence/here.ts'

export interface FollowingParts {
  readonly fanOut: FanOut
  readonly here: Here
  readonly landing: Landing
}

/**
 * What an entity hears from its log: what other nodes have written, in the order of the log, and that
 * the log turns out to be another one (lost, forked, with a hole), which begins a recovery.
 */
export class Following implements EntrySink {
  readonly #entity: Whole
  readonly #fanOut: FanOut
  readonly #here: Here
  readonly #landing: Landing
  #passedOver: PassedOver | null = null
  #subscription: Subscription | null = null
  #follows = 0

  constructor(entity: Whole, { fanOut, here, landing }: FollowingParts) {
    this.#entity = entity
    this.#fanOut = fanOut
    this.#here = here
    this.#landing = landing
  }

  /** Follows the log from where the content is in it; after that, hears other nodes. */
  async follow(): Promise<void> {
    const turn = ++this.#follows
    const key = this.#entity.ref.key
    const subscription = await this.#entity.context.log.subscribe(
      key,
      this.#entity.content.position,
      this,
    )
    // It may be told at once that the log is another one, before it is there to be closed.
    if (this.#entity.closed || turn !== this.#follows) subscription.close()
    else this.#subscription = subscription
    if (!this.#entity.closed) this.#here.listen()
  }

  unfollow(): void {
    this.#follows++
    this.#subscription?.close()
    this.#subscription = null
  }

  // ---- what the log says

  /** In its order: our own come back here too, and are known by their id. */
  entry(entry: Entry): void {
    if (this.#entity.closed || this.#landing.appender.isOwn(entry.id)) return
    this.#entity.content.position = entry.position
    let scan: UpdateScan
    try {
      scan = scanUpdate(entry.update)
    } catch (cause) {
      const error = TributaryError.from(cause)
      this.#entity.context.trouble(this.#entity, 'an entry of the log is malformed', error)
      return
    }
    const { update, unclosed } = this.#entity.content.knowledge.take(scan)
    if (update !== null) {
      const { content } = this.#entity
      if (update === scan.bytes) content.learnScan(scan)
      else content.learn(update)
      this.#hear(update, entry.position.offset)
    }
    if (entry.emptied !== undefined) this.#entity.content.learnEmptied(entry.emptied)
    // It builds on something that was in the log and is not here: the log was another one once.
    if (unclosed && this.#passedOver?.hasLater !== true) this.heal()
  }

  /** A quiet entity tells at once, a busy one with what else the log tells within the tick. [E17] */
  #hear(update: SoundUpdate, offset: number): void {
    const { ticker, clock } = this.#entity.context
    const entity = this.#entity
    const canWait = this.#fanOut.hear(update, offset)
    if (canWait && !ticker.isQuiet(entity)) {
      ticker.request(entity)
      return
    }
    ticker.forget(entity)
    entity.tickedAt = clock.monotonic()
    entity.flush()
  }

  /** What builds on it will not be closed, and no heal can change that. */
  notUnderstood(offset: number): void {
    this.passOver([{ offset, why: 'not-understood' }])
  }

  /** Entries of the log that could not be taken are counted and named, each once. */
  passOver(faults: readonly Fault[]): void {
    if (faults.length === 0) return
    this.#passedOver ??= new PassedOver()
    const { metrics } = this.#entity.context
    this.#passedOver.note(faults, metrics, (what, error) => {
      this.#entity.context.trouble(this.#entity, what, error)
    })
  }

  /** The log does not go through what is known of it: it was removed, or it is another one. */
  reset(head: Position): void {
    if (generationOf(head.epoch) > this.#entity.content.generation) {
      this.#entity.evict('entity-removed')
    } else this.heal()
  }

  // ---- healing: the log is another one than was known

  /** Finds out what the log has, and gives it what it lacks. [L70] */
  heal(): void {
    if (this.#entity.closed) return
    this.#landing.recovery ??= new Recovery(this.#entity.context, this.#lent())
    this.#landing.recovery.heal()
  }

  /**
   * A snapshot of another node may hold what was not understood here, and then the members lack it:
   * then the log is looked at.
   *
   * @returns whether it is.
   */
  healsWhatWasLater(): boolean {
    if (this.#passedOver?.hasLater !== true) return false
    this.#passedOver.forgetLater()
    this.heal()
    return true
  }

  #lent(): Lent {
    const entity = this.#entity
    const { context } = entity
    const landing = this.#landing
    return {
      ref: entity.ref,
      content: entity.content,
      appender: landing.appender,
      members: entity.joined,
      isClosed: () => entity.closed,
      flush: () => entity.flush(),
      tell: (update, offset) => this.#fanOut.tell(update, offset),
      settle: (one) => landing.settle(one),
      changed: () => {
        landing.tell()
        context.grown(entity, true)
      },
      follow: () => this.follow(),
      unfollow: () => this.unfollow(),
      removed: () => entity.evict('entity-removed'),
      passOver: (faults) => this.passOver(faults),
      trouble: (what, error) => context.trouble(entity, what, error),
      over: () => {
        landing.recovery = null
        landing.tell()
      },
    }
  }
}
