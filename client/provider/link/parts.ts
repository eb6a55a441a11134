/** What comes in pieces, put together again. */
export class Parts {
  #parts: Uint8Array[] = []
  #bytes = 0

  /** Of all that wait for the rest. */
  get bytes(): number {
    return this.#bytes
  }

  add(bytes: Uint8Array): void {
    this.#parts.push(bytes)
    this.#bytes += bytes.length
  }

  /** The whole, without a copy when it came in one piece. */
  endWith(bytes: Uint8Array): Uint8Array {
    if (this.#parts.length === 0) return bytes
    const whole = new Uint8Array(this.#bytes + bytes.length)
    let at = 0
    for (const part of [...this.#parts, bytes]) {
      whole.set(part, at)
      at += part.length
    }
    this.#parts = []
    this.#bytes = 0
    return whole
  }
}
