import { TributaryError } from '../core/errors.ts'
import { utf16Units } from './utf8.ts'

/** The highest clock behind a last one; an id's clock stays below it. */
export const MAX_CLOCK = 2 ** 31 - 1

const POWERS = [1, 2 ** 7, 2 ** 14, 2 ** 21, 2 ** 28, 2 ** 35, 2 ** 42, 2 ** 49]

/**
 * A cursor over bytes of a stranger. Every method takes exactly what it names or throws `malformed`
 * with the place; none believes a length or a count that the bytes left could not hold.
 */
export class Reader {
  readonly bytes: Uint8Array
  /** Offset of the next byte. */
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  fail(reason: string, at: number = this.at): never {
    throw new TributaryError('malformed', `${reason} at byte ${at}`)
  }

  byte(): number {
    if (this.at >= this.bytes.length) this.fail('the bytes end')
    return this.bytes[this.at++] as number
  }

  skip(length: number): void {
    if (length > this.left) this.fail('the bytes end')
    this.at += length
  }

  /** An unsigned varint in its shortest form, below 2^53. */
  uint(): number {
    const { bytes } = this
    const first = bytes[this.at]
    if (first !== undefined && first < 0x80) {
      this.at++
      return first
    }
    return this.#longUint()
  }

  // Apart from `uint`, so that the case of one byte is small enough to be inlined.
  #longUint(): number {
    const from = this.at
    const { bytes } = this
    let value = 0
    for (let i = 0; i < POWERS.length; i++) {
      const at = from + i
      if (at >= bytes.length) this.fail('the bytes end', at)
      const byte = bytes[at] as number
      value += (byte & 0x7f) * (POWERS[i] as number)
      if (byte < 0x80) {
        if (byte === 0) this.fail('a number is longer than it need be', from)
        if (value > Number.MAX_SAFE_INTEGER) break
        this.at = at + 1
        return value
      }
    }
    return this.fail('a number is beyond 2^53', from)
  }

  /** A signed varint in its shortest form, of a magnitude below 2^53. −0 (`40`) is a number too. */
  skipInt(): void {
    const from = this.at
    let byte = this.byte()
    if (byte < 0x80) return
    let value = byte & 0x3f
    let scale = 64
    // 6 bits and 7 times 7 bits: more would be beyond 2^53 whatever they held.
    for (let i = 0; i < 7; i++) {
      byte = this.byte()
      value += (byte & 0x7f) * scale
      scale *= 128
      if (byte < 0x80) {
        if (byte === 0) this.fail('a number is longer than it need be', from)
        if (value > Number.MAX_SAFE_INTEGER) break
        return
      }
    }
    this.fail('a number is beyond 2^53', from)
  }

  /** The clock of an id. */
  clock(): number {
    const from = this.at
    const clock = this.uint()
    if (clock >= MAX_CLOCK) this.fail('a clock is beyond 2^31', from)
    return clock
  }

  /** The clock behind a last one: it may be one more than that of an id. */
  nextClock(): number {
    const from = this.at
    const clock = this.uint()
    if (clock > MAX_CLOCK) this.fail('a clock is beyond 2^31', from)
    return clock
  }

  /** How many of something follow, each of at least `bytesEach` bytes. */
  count(bytesEach: number): number {
    const from = this.at
    const count = this.uint()
    if (count * bytesEach > this.left) this.fail('a count is beyond the bytes left', from)
    return count
  }

  /** A text or bytes with their length before them: the length, the cursor at their start. */
  size(): number {
    const from = this.at
    const size = this.uint()
    if (size > this.left) this.fail('a length is beyond the bytes left', from)
    return size
  }

  /** Takes a text and says how many UTF-16 units it has: what Yjs counts. */
  text(size: number = this.size()): number {
    const from = this.at
    const units = utf16Units(this.bytes, from, from + size)
    if (units < 0) this.fail('a text is not UTF-8', from)
    this.at = from + size
    return units
  }

  /** Whether the bytes from `from` to the cursor are that word. */
  tookWord(from: number, word: Uint8Array): boolean {
    if (this.at - from !== word.length) return false
    for (let i = 0; i < word.length; i++) if (this.bytes[from + i] !== word[i]) return false
    return true
  }

  end(): void {
    if (this.left > 0) this.fail('bytes are left over')
  }
}
