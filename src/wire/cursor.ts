const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads unsigned varints and length-prefixed bytes from one message. Nothing is thrown on the way:
 * after a read past the end, or of a number over 2^53, `failed` is true and every result is worthless.
 */
export class Cursor {
  readonly bytes: Uint8Array
  at = 0
  failed = false

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length
  }

  varUint(): number {
    const { bytes } = this
    let value = 0
    let factor = 1
    while (this.at < bytes.length) {
      const byte = bytes[this.at++] as number
      value += (byte & 0x7f) * factor
      if (value > Number.MAX_SAFE_INTEGER) break
      if (byte < 128) return value
      factor *= 128
    }
    this.failed = true
    return 0
  }

  /** A view into the message, not a copy. */
  varBytes(): Uint8Array {
    const length = this.varUint()
    if (this.failed || length > this.bytes.length - this.at) {
      this.failed = true
      return this.bytes.subarray(0, 0)
    }
    const from = this.at
    this.at += length
    return this.bytes.subarray(from, this.at)
  }

  /** Fails on what is no UTF-8. */
  varText(): string {
    const bytes = this.varBytes()
    try {
      return utf8.decode(bytes)
    } catch {
      this.failed = true
      return ''
    }
  }

  /** What is left, as a view. */
  rest(): Uint8Array {
    const from = this.at
    this.at = this.bytes.length
    return this.bytes.subarray(from)
  }
}
