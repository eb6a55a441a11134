/** A word of a command. */
export type Word = string | number | Uint8Array
/** One, or several that were put together before. */
export type Argument = Word | Words

/** What a script is called with. */
export interface Call {
  readonly name: 'evalsha' | 'eval'
  /** Its SHA-1, or its source. */
  readonly script: string | Words
  readonly keys: readonly string[] | Words
  readonly args: readonly Argument[]
}

/** `$`, `*`, `0`, CR and LF. */
const [DOLLAR, STAR, ZERO, CR, LF] = [0x24, 0x2a, 0x30, 0x0d, 0x0a]
/** The most bytes of a UTF-16 unit as UTF-8. */
const UNIT = 3
/** The most bytes around a word: its mark, its length and twice CR LF. */
const AROUND = 24
/** One call at a time is put together here, and copied: what is allocated is what goes out. */
const SCRATCH = Buffer.allocUnsafeSlow(16 * 1024)

/**
 * Words that are said again and again, as Redis reads them.
 *
 * @example new Words(['key', 'other']).count // 2
 */
export class Words {
  readonly count: number
  readonly bytes: Uint8Array

  constructor(words: readonly Word[]) {
    this.count = words.length
    const into = Buffer.allocUnsafe(boundOf(words))
    let at = 0
    for (const word of words) at = putArgument(into, at, word)
    this.bytes = new Uint8Array(into.subarray(0, at))
  }
}

const NAMES = { evalsha: new Words(['evalsha']), eval: new Words(['eval']) } as const

/** As Redis reads a command: `*words`, then `$length` and the word, each line ended by CR LF. */
export function encoded({ name, script, keys, args }: Call): Buffer {
  const count = keys instanceof Words ? keys.count : keys.length
  let words = 3 + count
  for (const arg of args) words += arg instanceof Words ? arg.count : 1
  const bound = 3 * AROUND + boundOfEither(script) + boundOfEither(keys) + boundOf(args)
  const into = bound <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafe(bound)
  let at = putLine(into, 0, STAR, words)
  at = putWords(into, at, NAMES[name])
  at = putArgument(into, at, script)
  at = putText(into, at, String(count))
  if (keys instanceof Words) at = putWords(into, at, keys)
  else for (const key of keys) at = putText(into, at, key)
  for (const arg of args) at = putArgument(into, at, arg)
  if (into !== SCRATCH) return into.subarray(0, at)
  const copy = Buffer.allocUnsafe(at)
  into.copy(copy, 0, 0, at)
  return copy
}

function boundOf(words: readonly Argument[]): number {
  let bound = 0
  for (const word of words) {
    if (word instanceof Words) bound += word.bytes.length
    else if (typeof word === 'number') bound += AROUND + AROUND
    else bound += AROUND + (typeof word === 'string' ? UNIT * word.length : word.length)
  }
  return bound
}

function boundOfEither(words: string | readonly string[] | Words): number {
  if (words instanceof Words) return words.bytes.length
  return boundOf(typeof words === 'string' ? [words] : words)
}

function putArgument(into: Buffer, at: number, word: Argument): number {
  if (typeof word === 'string') return putText(into, at, word)
  if (typeof word === 'number') return putText(into, at, String(word))
  return word instanceof Words ? putWords(into, at, word) : putBytes(into, at, word)
}

function putWords(into: Buffer, at: number, { bytes }: Words): number {
  into.set(bytes, at)
  return at + bytes.length
}

function putText(into: Buffer, at: number, text: string): number {
  // Most are ASCII, and as long as they look.
  const from = putLine(into, at, DOLLAR, text.length)
  if (text === '') return putEnd(into, from)
  const size = into.write(text, from)
  if (size === text.length) return putEnd(into, from + size)
  const start = putLine(into, at, DOLLAR, size)
  return putEnd(into, start + into.write(text, start))
}

function putBytes(into: Buffer, at: number, bytes: Uint8Array): number {
  const from = putLine(into, at, DOLLAR, bytes.length)
  into.set(bytes, from)
  return putEnd(into, from + bytes.length)
}

/** A mark and a number. */
function putLine(into: Buffer, at: number, mark: number, number: number): number {
  into[at++] = mark
  let unit = 1
  while (unit * 10 <= number) unit *= 10
  for (; unit >= 1; unit /= 10) into[at++] = ZERO + (Math.floor(number / unit) % 10)
  return putEnd(into, at)
}

function putEnd(into: Buffer, at: number): number {
  into[at] = CR
  into[at + 1] = LF
  return at + 2
}
