/** Writes the few kinds of value that the protocols are made of. */
export class Writer {
  #bytes
  #at = 0

  /** @param {number} size At least the bytes to come: it does not grow. */
  constructor(size) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  /** @param {number} value */
  byte(value) {
    this.#bytes[this.#at++] = value
  }

  /** @param {number} value */
  number(value) {
    let rest = value
    while (rest > 127) {
      this.#bytes[this.#at++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#at++] = rest
  }

  /** @param {Uint8Array} bytes */
  bytes(bytes) {
    this.number(bytes.length)
    this.raw(bytes)
  }

  /** @param {Uint8Array} bytes */
  raw(bytes) {
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** @param {string} ascii */
  text(ascii) {
    this.number(ascii.length)
    this.#at += this.#bytes.write(ascii, this.#at, 'latin1')
  }

  done() {
    return this.#bytes.subarray(0, this.#at)
  }
}

/** Reads them. One reader serves all messages: nothing is allocated per message. */
export class Reader {
  /** @type {Uint8Array} */
  bytes = new Uint8Array(0)
  at = 0

  /** @param {Uint8Array} bytes @param {number} at */
  from(bytes, at) {
    this.bytes = bytes
    this.at = at
    return this
  }

  byte() {
    return /** @type {number} */ (this.bytes[this.at++])
  }

  number() {
    let value = 0
    for (let unit = 1; ; unit *= 128) {
      const byte = /** @type {number} */ (this.bytes[this.at++])
      value += (byte & 127) * unit
      if (!(byte & 128)) return value
    }
  }

  /** @param {number} count */
  passNumbers(count) {
    for (let left = count; left > 0; left--) this.number()
  }

  text() {
    const length = this.number()
    this.at += length
    return Buffer.from(this.bytes.subarray(this.at - length, this.at)).toString()
  }

  /** Passes over a length and as many bytes. */
  passBytes() {
    const length = this.number()
    this.at += length
    return length
  }
}
