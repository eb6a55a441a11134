/** Where a batch finds what it has to say, when it is asked. */
interface Source<Reader> {
  /** Whether that reader must not see that entry: see `Presence`. */
  withheld(reader: Reader, id: number): boolean
  /** The newest of each id, without what is withheld from the reader. */
  body(reader: Reader | null, ids: Iterable<number>): Uint8Array
}

/** News of some client ids, encoded once for all readers but those who must not see their own entry. */
export class PresenceBatch<Reader> {
  readonly ids: readonly number[]
  readonly #source: Source<Reader>
  #all: Uint8Array | null = null
  #encoders: ((body: Uint8Array) => unknown)[] = []
  #frames: unknown[] = []

  constructor(source: Source<Reader>, ids: readonly number[]) {
    this.#source = source
    this.ids = ids
  }

  /** The frame for this reader, shared with all others of its dialect where it can be. */
  frame<Frame>(reader: Reader, encode: (body: Uint8Array) => Frame): Frame {
    if (this.ids.some((id) => this.#source.withheld(reader, id))) {
      return encode(this.#source.body(reader, this.ids))
    }
    const known = this.#encoders.indexOf(encode)
    if (known >= 0) return this.#frames[known] as Frame
    this.#all ??= this.#source.body(null, this.ids)
    const frame = encode(this.#all)
    this.#encoders.push(encode)
    this.#frames.push(frame)
    return frame
  }
}
