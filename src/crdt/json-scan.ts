import { utf16Units } from './utf8.ts'

/** Why bytes are not a JSON text that may be passed on. */
export type JsonFault = 'json' | 'depth'

/** A number below 10 to the power of that is finite. */
const SURELY_FINITE = 308

const BAD = -1
const DEEP = -2

/**
 * Says whether `bytes[from, to)` is one JSON text that `JSON.parse` takes and `JSON.stringify` gives
 * back, in brackets at most `depth` deep, and builds nothing: a state or a format is passed on as the bytes it came in.
 *
 * The recursion is as deep as the brackets, so `depth` bounds it.
 *
 * @example scanJson(utf8('[[1]]'), 0, 5, 1) // 'depth'
 */
export function scanJson(
  bytes: Uint8Array,
  from: number,
  to: number,
  depth: number,
): JsonFault | null {
  if (utf16Units(bytes, from, to) < 0) return 'json'
  const end = value(bytes, from, to, depth)
  if (end === DEEP) return 'depth'
  return end === BAD || space(bytes, end, to) < to ? 'json' : null
}

/** Whether a text that `scanJson` has passed is the word `null`: only that begins with an `n`. */
export function isJsonNull(bytes: Uint8Array, from: number, to: number): boolean {
  return bytes[space(bytes, from, to)] === 0x6e
}

// Each of these takes one thing at `at` and gives the offset behind it, BAD or DEEP. Offsets are
// checked by the bytes themselves: beyond `to` `byteAt` gives −1, which no case takes.

const byteAt = (bytes: Uint8Array, at: number, to: number): number =>
  at < to ? (bytes[at] as number) : -1

function value(bytes: Uint8Array, start: number, to: number, depth: number): number {
  const at = space(bytes, start, to)
  switch (byteAt(bytes, at, to)) {
    case 0x22:
      return text(bytes, at + 1, to)
    case 0x7b:
      return depth === 0 ? DEEP : object(bytes, at + 1, to, depth - 1)
    case 0x5b:
      return depth === 0 ? DEEP : array(bytes, at + 1, to, depth - 1)
    case 0x74:
      return word(bytes, at, to, TRUE)
    case 0x66:
      return word(bytes, at, to, FALSE)
    case 0x6e:
      return word(bytes, at, to, NULL)
    default:
      return number(bytes, at, to)
  }
}

function object(bytes: Uint8Array, start: number, to: number, depth: number): number {
  let at = space(bytes, start, to)
  if (byteAt(bytes, at, to) === 0x7d) return at + 1
  for (;;) {
    if (byteAt(bytes, at, to) !== 0x22) return BAD
    at = text(bytes, at + 1, to)
    if (at < 0) return at
    at = space(bytes, at, to)
    if (byteAt(bytes, at, to) !== 0x3a) return BAD
    at = value(bytes, at + 1, to, depth)
    if (at < 0) return at
    at = space(bytes, at, to)
    const next = byteAt(bytes, at, to)
    if (next === 0x7d) return at + 1
    if (next !== 0x2c) return BAD
    at = space(bytes, at + 1, to)
  }
}

function array(bytes: Uint8Array, start: number, to: number, depth: number): number {
  let at = space(bytes, start, to)
  if (byteAt(bytes, at, to) === 0x5d) return at + 1
  for (;;) {
    at = value(bytes, at, to, depth)
    if (at < 0) return at
    at = space(bytes, at, to)
    const next = byteAt(bytes, at, to)
    if (next === 0x5d) return at + 1
    if (next !== 0x2c) return BAD
    at++
  }
}

/** A string behind its opening quote. */
function text(bytes: Uint8Array, start: number, to: number): number {
  let at = start
  while (at < to) {
    const byte = bytes[at++] as number
    if (byte === 0x22) return at
    if (byte < 0x20) return BAD
    if (byte !== 0x5c) continue
    const escaped = byteAt(bytes, at++, to)
    if (escaped === 0x75) {
      for (let i = 0; i < 4; i++) if (!isHex(byteAt(bytes, at++, to))) return BAD
    } else if (!ESCAPED.includes(escaped)) return BAD
  }
  return BAD
}

function number(bytes: Uint8Array, start: number, to: number): number {
  let at = start
  if (byteAt(bytes, at, to) === 0x2d) at++
  const whole = at
  at = digits(bytes, at, to)
  if (at === whole || (at > whole + 1 && bytes[whole] === 0x30)) return BAD
  // It is below 10 to the power of that.
  let power = at - whole
  if (byteAt(bytes, at, to) === 0x2e) {
    const fraction = at + 1
    at = digits(bytes, fraction, to)
    if (at === fraction) return BAD
  }
  const end = at
  if ((byteAt(bytes, at, to) | 0x20) === 0x65) {
    at++
    const sign = byteAt(bytes, at, to)
    if (sign === 0x2b || sign === 0x2d) at++
    const exponent = at
    at = digits(bytes, exponent, to)
    if (at === exponent) return BAD
    const size = sizeOf(bytes, exponent, at)
    power += sign === 0x2d ? -size : size
  }
  return power <= SURELY_FINITE || fitsDouble(bytes, whole, end, power) ? at : BAD
}

/** Of digits. Of hundreds of them it is Infinity, which is as far as an exponent can go. */
function sizeOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0
  for (let at = from; at < to; at++) sum = sum * 10 + (bytes[at] as number) - 0x30
  return sum
}

/**
 * Whether a double holds 0.d₁d₂d₃… × 10^power, the digits being those of `bytes[from, to)`, with or
 * without a point among them. Else `JSON.parse` makes it Infinity, of which `JSON.stringify` makes
 * `null`: an entity would say one thing to those who got the update and another to all who come later.
 *
 * Compared byte by byte, and only where the power leaves it open: 64 KB of `1e1` took 5.3 ms with a
 * string made of each, and take 0.6 ms so.
 */
function fitsDouble(bytes: Uint8Array, from: number, to: number, power: number): boolean {
  let at = from
  let places = power
  for (; at < to && (bytes[at] === 0x30 || bytes[at] === 0x2e); at++) {
    if (bytes[at] === 0x30) places--
  }
  if (at === to || places <= SURELY_FINITE) return true
  if (places > LEAST_INFINITE.length) return false
  for (const least of LEAST_INFINITE) {
    if (bytes[at] === 0x2e) at++
    const digit = at < to ? (bytes[at++] as number) : 0x30
    if (digit !== least) return digit < least
  }
  return false
}

function digits(bytes: Uint8Array, start: number, to: number): number {
  let at = start
  while (isDigit(byteAt(bytes, at, to))) at++
  return at
}

function word(bytes: Uint8Array, at: number, to: number, letters: Uint8Array): number {
  for (let i = 0; i < letters.length; i++) {
    if (byteAt(bytes, at + i, to) !== letters[i]) return BAD
  }
  return at + letters.length
}

function space(bytes: Uint8Array, start: number, to: number): number {
  let at = start
  while (at < to) {
    const byte = bytes[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    at++
  }
  return at
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39
const isHex = (byte: number): boolean =>
  isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)

const utf8 = new TextEncoder()
const TRUE = utf8.encode('true')
const FALSE = utf8.encode('false')
const NULL = utf8.encode('null')
/** What is as large is rounded to Infinity, what is less to the largest double at most. */
const LEAST_INFINITE = utf8.encode(String(2n ** 1024n - 2n ** 970n))
const ESCAPED = utf8.encode('"\\/bfnrt')
