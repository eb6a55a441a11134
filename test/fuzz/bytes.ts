/** Writes update bytes by hand, right and wrong ones. Each method gives back the writer. */
export class Bytes {
  readonly #bytes: number[] = []

  byte(...bytes: number[]): this {
    this.#bytes.push(...bytes)
    return this
  }

  uint(value: number): this {
    let rest = value
    while (rest >= 128) {
      this.#bytes.push((rest % 128) | 0x80)
      rest = Math.floor(rest / 128)
    }
    return this.byte(rest)
  }

  uints(...values: number[]): this {
    for (const value of values) this.uint(value)
    return this
  }

  raw(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#bytes.push(byte)
    return this
  }

  text(text: string): this {
    const bytes = new TextEncoder().encode(text)
    return this.uint(bytes.length).raw(bytes)
  }

  done(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }
}
