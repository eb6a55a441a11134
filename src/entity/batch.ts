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
  /** Nearly always there is one dialect: a field is smaller than an array. */
  #encode: unknown = null
  #frame: unknown = null
  #others: Map<unknown, unknown> | null = null

  constructor(seq: number, update: SoundUpdate, first = seq) {
    this.seq = seq
    this.update = update
    this.first = first
  }

  frame<Frame>(encode: (update: SoundUpdate) => Frame): Frame {
    if (this.#encode === encode) return this.#frame as Frame
    if (this.#encode === null) {
      const frame = encode(this.update)
      this.#encode = encode
      this.#frame = frame
      return frame
    }
    this.#others ??= new Map()
    if (!this.#others.has(encode)) this.#others.set(encode, encode(this.update))
    return this.#others.get(encode) as Frame
  }
}
