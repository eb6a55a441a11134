import { createEncoder, length, toUint8Array, writeUint8Array } from 'lib0/encoding'

/** What comes in pieces, put together again. */
export class Parts {
  #parts = createEncoder()

  /** Of all that wait for the rest. */
  get bytes(): number {
    return length(this.#parts)
  }

  add(bytes: Uint8Array): void {
    writeUint8Array(this.#parts, bytes)
  }

  /** The whole, without a copy when it came in one piece. */
  endWith(bytes: Uint8Array): Uint8Array {
    if (this.bytes === 0) return bytes
    this.add(bytes)
    const whole = toUint8Array(this.#parts)
    this.#parts = createEncoder()
    return whole
  }
}
