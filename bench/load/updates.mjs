import { Writer } from './bytes.mjs'

/** Client ids of writers count up from here; as long as the random ones of Yjs, five bytes. */
export const FIRST_WRITER = 1_000_000_000
/** The authors of a prepared entity. */
const FIRST_AUTHOR = 2_000_000_000
/** Those who paste into it, once each. */
export const FIRST_PASTER = 3_000_000_000
const AUTHORS = 8

const BINARY = 3
const STRING = 4
const HAS_ORIGIN = 0x80
const LETTERS = 'etaoin shrdlu cmfwyp vbgkjq xz '

/**
 * One character typed behind the last one of the same writer: what a Yjs client sends for a
 * keystroke, made for a fraction of the price. Whoever knows the earlier updates of this writer can
 * apply it, so a server with a strict check takes it.
 *
 * @param {number} client
 * @param {number} clock Of this writer, from 0, without gaps.
 * @param {number} [size] Above 1: not a character but that many bytes, which are one clock as well.
 */
export function keystroke(client, clock, size = 1) {
  const writer = new Writer(48 + size)
  writer.number(1)
  writer.number(1)
  writer.number(client)
  writer.number(clock)
  place(writer, clock === 0 ? null : { client, clock: clock - 1 }, size === 1 ? STRING : BINARY)
  if (size === 1) writer.text(/** @type {string} */ (LETTERS[clock % LETTERS.length]))
  else writer.bytes(Buffer.alloc(size, clock))
  writer.number(0)
  return writer.done()
}

/**
 * @param {Writer} writer
 * @param {{ client: number, clock: number } | null} behind
 * @param {number} [kind] Of the content.
 */
function place(writer, behind, kind = STRING) {
  if (behind === null) {
    writer.byte(kind)
    writer.number(1)
    writer.text('text')
  } else {
    writer.byte(kind | HAS_ORIGIN)
    writer.number(behind.client)
    writer.number(behind.clock)
  }
}

/** @param {string} text One edit that pastes all of it. @param {number} client */
export function pasted(client, text) {
  const writer = new Writer(text.length + 48)
  writer.number(1)
  writer.number(1)
  writer.number(client)
  writer.number(0)
  place(writer, null)
  writer.text(text)
  writer.number(0)
  return writer.done()
}

/**
 * A text that eight people wrote in turn, some words each: about 38 bytes per item, which is what a
 * text gets to that was edited everywhere. (One author alone would leave one long string, which
 * costs no server anything.)
 *
 * @param {number} size In bytes, roughly.
 * @returns {{ update: Uint8Array, clocks: Map<number, number> }} `clocks` is its state vector.
 */
export function prepared(size) {
  /** @type {{ lengths: number[], clocks: number[], behind: ({ client: number, clock: number } | null)[] }[]} */
  const authors = Array.from({ length: AUTHORS }, () => ({ lengths: [], clocks: [], behind: [] }))
  const next = new Array(AUTHORS).fill(0)
  let bytes = 0
  let seed = 1
  /** @type {{ client: number, clock: number } | null} */
  let last = null
  for (let turn = 0; bytes < size; turn++) {
    const index = turn % AUTHORS
    const author = /** @type {typeof authors[number]} */ (authors[index])
    seed = (seed * 48_271) % 0x7fffffff
    const length = 12 + (seed % 30)
    author.lengths.push(length)
    author.clocks.push(next[index])
    author.behind.push(last)
    next[index] += length
    last = { client: FIRST_AUTHOR + index, clock: next[index] - 1 }
    bytes += length + 11
  }
  const writer = new Writer(size * 2 + 4_096)
  writer.number(AUTHORS)
  // Yjs writes the highest client id first.
  for (let index = AUTHORS - 1; index >= 0; index--) {
    const { lengths, behind } = /** @type {typeof authors[number]} */ (authors[index])
    writer.number(lengths.length)
    writer.number(FIRST_AUTHOR + index)
    writer.number(0)
    for (const [item, length] of lengths.entries()) {
      place(writer, behind[item] ?? null)
      writer.text(LETTERS.repeat(2).slice(item % 11, (item % 11) + length))
    }
  }
  writer.number(0)
  return {
    update: writer.done(),
    clocks: new Map(next.map((clock, index) => [FIRST_AUTHOR + index, clock])),
  }
}

/** @param {Map<number, number>} clocks */
export function stateVector(clocks) {
  const writer = new Writer(10 + clocks.size * 20)
  writer.number(clocks.size)
  for (const [client, clock] of clocks) {
    writer.number(client)
    writer.number(clock)
  }
  return writer.done()
}

/** What a client says that has nothing the server lacks. */
export const NOTHING = Uint8Array.of(0, 0)
/** The state vector of a client that has nothing. */
export const FRESH = Uint8Array.of(0)
