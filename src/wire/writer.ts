const utf8 = new TextEncoder()

/**
 * Puts a message together from varints, texts and bytes.
 *
 * @example new Writer().uint(4).uint(7).bytes(stateVector).done()
 */
export class Writer {
  #parts: ArrayLike<number>[] = []
  #length = 0

  uint(value: number): this {
    const part: number[] = []
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) part.push((rest % 128) | 0x80)
    part.push(rest)
    return this.raw(part)
  }

  /** With their length before them. */
  bytes(bytes: Uint8Array): this {
    return this.uint(bytes.length).raw(bytes)
  }

  text(text: string): this {
    return this.bytes(utf8.encode(text))
  }

  /** As they are. */
  raw(bytes: ArrayLike<number>): this {
    this.#parts.push(bytes)
    this.#length += bytes.length
    return this
  }

  done(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      whole.set(part, at)
      at += part.length
    }
    return whole
  }
}
