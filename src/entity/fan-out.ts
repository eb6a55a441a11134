import { TributaryError } from '../core/errors.ts'
import { mergeSound } from '../crdt/merge.ts'
import type { SoundUpdate } from '../crdt/scan.ts'
import { Batch } from './batch.ts'
import type { Whole } from './context.ts'
import type { Member } from './member.ts'

/** So much that the log tells is not kept for the end of a tick. */
const HEARD_BYTES = 1024 * 1024
/** Frames up to this are cheaper to merge than to write twice, to whatever number of members. */
const ONE_FRAME_BYTES = 16 * 1024

interface Heard {
  readonly updates: SoundUpdate[]
  offset: number
  bytes: number
}

/** Everything that members are sent goes through here, in the order of its places in the tail. */
export class FanOut {
  readonly #entity: Whole
  /** What the log has told within this tick. */
  #heard: Heard | null = null

  constructor(entity: Whole) {
    this.#entity = entity
  }

  /**
   * What the log has told, up to `offset`, is gathered.
   *
   * @returns whether it can wait for the end of the tick.
   */
  hear(update: SoundUpdate, offset: number): boolean {
    const heard = this.#heard
    if (heard === null) {
      this.#heard = { updates: [update], offset, bytes: update.length }
      return update.length < HEARD_BYTES
    }
    heard.updates.push(update)
    heard.offset = offset
    heard.bytes += update.length
    return heard.bytes < HEARD_BYTES
  }

  /** What was heard and nobody was told yet. */
  get heard(): readonly SoundUpdate[] {
    return this.#heard?.updates ?? []
  }

  /** The same, merged and in the tail: to be delivered at once. */
  takeHeard(): readonly Batch[] {
    const heard = this.#heard
    if (heard === null) return []
    this.#heard = null
    return this.merged(heard.updates).map((update) => this.#keep(update, heard.offset))
  }

  /** @param author Who alone wrote `made`, and is sent the others only. */
  deliver(heard: readonly Batch[], made: readonly Batch[], author: Member | null): void {
    const both = heard.length === 0 ? made : this.#inOneFrame([...heard, ...made])
    for (const member of this.#entity.joined) {
      for (const batch of member === author ? heard : both) member.deliver(batch)
    }
  }

  /**
   * Something goes to everybody.
   *
   * @param offset Where the log has it; `null` while it does not.
   * @returns its place.
   */
  tell(update: SoundUpdate, offset: number | null): number {
    const batch = this.#keep(update, offset)
    this.deliver([batch], [], null)
    return batch.seq
  }

  /** One update; several only if Yjs fails at merging them, which must not take the others along. */
  merged(updates: readonly SoundUpdate[]): readonly SoundUpdate[] {
    try {
      return [mergeSound(updates)]
    } catch (cause) {
      const error = TributaryError.from(cause)
      this.#entity.context.trouble(this.#entity, 'updates could not be merged', error)
      return updates
    }
  }

  #keep(update: SoundUpdate, offset: number | null): Batch {
    const { tail } = this.#entity.content
    const batch = new Batch(tail.push(update), update)
    if (offset !== null) tail.landed(batch.seq, offset)
    return batch
  }

  /** A write costs more than merging does. */
  #inOneFrame(batches: readonly Batch[]): readonly Batch[] {
    const [one, other, ...more] = batches
    if (one === undefined || other === undefined || more.length > 0) return batches
    if (one.update.length + other.update.length > ONE_FRAME_BYTES) return batches
    const [both, ...rest] = this.merged([one.update, other.update])
    return both === undefined || rest.length > 0 ? batches : [new Batch(other.seq, both, one.first)]
  }
}
