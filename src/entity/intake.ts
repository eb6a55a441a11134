import { type ErrorCode, TributaryError } from '../core/errors.ts'
import { CutOff } from '../crdt/cut-off.ts'
import { neuter } from '../crdt/neuter.ts'
import type { SoundUpdate, UpdateScan } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'
import { holdsAny } from '../crdt/tombstone.ts'
import type { Whole } from './context.ts'
import type { Neutered } from './emptied.ts'
import { Gathering } from './gathering.ts'
import type { Member } from './member.ts'

/** What became of an update. `seq` is the batch whose durability acknowledges it. */
export type Submitted =
  | {
      readonly is: 'taken' | 'nothing'
      readonly seq: number
      /**
       * Something was cut off because what it builds on is not known: the author must be asked, and
       * has saved it when that says so. `null` when all of it was taken.
       */
      readonly cutOff: CutOff | null
      /** Client ids that the entity had not seen before. */
      readonly newClients: number
      /** Why it, or what it repeats, was taken without its content; `null` when it was taken as it is. */
      readonly neutered: Neutered | null
    }
  | { readonly is: 'refused'; readonly code: ErrorCode }

/** Types nested deeper than this make clients fail; from here on the entity takes no writes. */
const DEPTH_MOST = 500

/**
 * Where an update is decided about, and gathered for the tick: closed? new? within bounds? What has
 * gone through here is refused no more.
 */
export class Intake {
  readonly #entity: Whole
  #gathering: Gathering | null = null
  #pendingBytes = 0

  constructor(entity: Whole) {
    this.#entity = entity
  }

  /** Nothing is gathered. */
  get empty(): boolean {
    return this.#gathering === null
  }

  /** What is gathered. */
  get updates(): readonly SoundUpdate[] {
    return this.#gathering?.updates ?? []
  }

  /** @param isAnswer The client was asked for it, or was told what is here: see `#overQuota`. */
  take(scan: UpdateScan, member: Member | null, isAnswer = false): Submitted {
    const { tombstone, tail, depth, knowledge } = this.#entity.content
    if (tombstone !== null && holdsAny(scan, tombstone)) {
      return { is: 'refused', code: 'deleted-generation' }
    }
    // An answer repeats whatever its author has, besides the edits that it waits for.
    const again = isAnswer ? null : (this.#entity.content.emptied?.why(scan) ?? null)
    const { update, unclosed, clients, newClients } = knowledge.take(scan)
    const cutOff = unclosed ? CutOff.of(scan) : null
    const seq = tail.next
    if (update === null) {
      this.#entity.context.metrics.repeated.add()
      // What it repeats may not be durable yet: then it is acknowledged with the newest batch.
      return {
        is: 'nothing',
        seq: this.empty ? seq - 1 : seq,
        cutOff,
        newClients: 0,
        neutered: again,
      }
    }
    if (depth > DEPTH_MOST) return { is: 'refused', code: 'too-deep' }
    const { pending, hold, limits } = this.#entity.context
    if (
      !pending.fits(this.#pendingBytes, update.length, isAnswer ? limits.entityBytes : 0) ||
      hold?.full === true
    ) {
      return { is: 'refused', code: 'pending-full' }
    }
    const taken = update === scan.bytes ? scan : scanUpdate(update)
    const neutered = this.#overQuota(taken, isAnswer)
    const kept = neutered === null ? taken : this.#neuter(taken, neutered)
    this.#gather(kept, member, clients, neutered !== null)
    return { is: 'taken', seq, cutOff, newClients, neutered: neutered ?? again }
  }

  /** What was gathered, which then is nobody's here. */
  release(): Gathering | null {
    const gathering = this.#gathering
    this.#gathering = null
    return gathering
  }

  /** So many bytes do not wait for the log any more; fewer than none when they have grown. */
  settle(bytes: number): void {
    this.#pendingBytes -= bytes
    this.#entity.context.pending.add(-bytes)
  }

  /** What is pending here is lost. */
  close(): void {
    this.settle(this.#pendingBytes)
  }

  /**
   * Why an update may not have its effect; `null` when it may. An answer may be everything that the
   * entity had, in one, when its log was lost: without its content everybody would lose that. [V31]
   */
  #overQuota(scan: UpdateScan, isAnswer: boolean): Neutered | null {
    const { limits } = this.#entity.context
    const bytes = scan.bytes.length
    if (isAnswer && this.#entity.content.knowledge.known.size === 0) return null
    const whole = this.#entity.content.bytes + (this.#gathering?.bytes ?? 0) + bytes
    const isTooLarge = !isAnswer && bytes > limits.updateBytes
    const fits = !isTooLarge && whole <= limits.entityBytes
    // Deleting must stay possible when an entity is full: it is the way to make room.
    if (fits || scan.structs === 0) return null
    return isTooLarge ? 'update-too-large' : 'entity-full'
  }

  /** What is left of an update that may not have its effect. */
  #neuter(scan: UpdateScan, why: Neutered): UpdateScan {
    const entity = this.#entity
    const { metrics, log } = entity.context
    metrics.neutered.add()
    entity.content.empty(scan, why)
    log.setAside(entity.ref.key, scan.bytes, why).then(
      () => metrics.setAside.add(),
      (cause: unknown) => {
        const error = TributaryError.from(cause)
        entity.context.trouble(entity, 'an original could not be set aside', error)
      },
    )
    return scanUpdate(neuter(scan, entity.content.knowledge.known))
  }

  #gather(
    scan: UpdateScan,
    member: Member | null,
    clients: readonly number[],
    isChanged: boolean,
  ): void {
    if (this.#gathering === null) {
      const now = this.#entity.context.clock.monotonic()
      this.#gathering = new Gathering(now, scan.bytes, member, clients, isChanged)
    } else this.#gathering.add(scan.bytes, member, clients, isChanged)
    this.#entity.content.learnScan(scan)
    this.settle(-scan.bytes.length)
  }
}
