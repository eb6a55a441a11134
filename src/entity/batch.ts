import type { SoundUpdate } from '../crdt/scan.ts'

/**
 * What one tick brought, merged: one update for every reader.
 *
 * An entity knows no dialect, yet a batch is encoded once per dialect: the result of an encoder is
 * remembered by the identity of the function.
 */
export class Batch {
  /** The place in the entity's fan-out order, from 0. */
  readonly seq: number
  /** The same where it begins, of one that stands for several. */
  readonly first: number
  readonly update: SoundUpdate
  #encoders: ((update: SoundUpdate) => unknown)[] = []
  #frames: unknown[] = []

  constructor(seq: number, update: SoundUpdate, first = seq) {
    this.seq = seq
    this.update = update
    this.first = first
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
