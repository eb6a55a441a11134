const FIRST_BYTES = 64 * 1024

/** Puts the parts of an update together. */
export class Assembly {
  #bytes = new Uint8Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  add(part: Uint8Array): void {
    const length = this.#length + part.length
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(FIRST_BYTES, this.#bytes.length * 2, length))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(part, this.#length)
    this.#length = length
  }

  /** All that was added, and nothing is left. */
  take(): Uint8Array {
    const whole = this.#bytes.subarray(0, this.#length)
    this.#bytes = new Uint8Array(0)
    this.#length = 0
    return whole
  }
}
