import type { SoundUpdate } from '../crdt/scan.ts'
import type { Member } from './member.ts'

/**
 * What one tick brought, merged: one update for every reader.
 *
 * An entity knows no dialect, yet a batch is encoded once per dialect: the result of an encoder is
 * remembered by the identity of the function.
 */
export class Batch {
  /** The place in the entity's fan-out order, from 0. */
  readonly seq: number
  readonly update: SoundUpdate
  /**
   * The only member that wrote it, who needs no copy. `null` when there were several, or when the
   * update is not what its author sent: then it goes to all, since an own update that comes back
   * does nothing, while encoding once per author would cost each of them.
   */
  readonly author: Member | null
  #encoders: ((update: SoundUpdate) => unknown)[] = []
  #frames: unknown[] = []

  constructor(seq: number, update: SoundUpdate, author: Member | null) {
    this.seq = seq
    this.update = update
    this.author = author
  }

  frame<Frame>(encode: (update: SoundUpdate) => Frame): Frame {
    const known = this.#encoders.indexOf(encode)
    if (known >= 0) return this.#frames[known] as Frame
    const frame = encode(this.update)
    this.#encoders.push(encode)
    this.#frames.push(frame)
    return frame
  }
}
