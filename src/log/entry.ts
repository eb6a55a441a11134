import { TributaryError } from '../core/errors.ts'
import { formatPosition, parsePosition } from '../core/position.ts'
import { writeVarUint } from '../core/varint.ts'
import { Reader } from '../crdt/reader.ts'
import type { Content } from './chain.ts'
import type { Author, NewEntry, Origin, Skipped } from './log.ts'

/**
 * How an entry is stored, for keeps. Its place, its version and its checksum are around it.
 *
 * ```
 * content = text id, u8 origin, varUint time,
 *           varUint authors, { text actor, text session, varUint n, n × varUint client },
 *           varUint fields, { varUint tag, varUint length, bytes }, update up to the end
 * text    = varUint length, UTF-8
 * ```
 *
 * Fields are what not every entry has. A reader passes over a tag it does not know: what it must not
 * pass over comes with a must-understand bit of the record.
 */
const ORIGINS: readonly Origin[] = ['session', 'local', 'heal']

/** The position that a conditional append expected, as text. */
const EXPECTED = 1
// 2 and 3 are kept for the id of the key that signed an entry, and its signature.
/** What of it was taken without its content, as bytes that no log looks into. [L91] */
const EMPTIED = 4

/** The most bytes of a number that is at most 2^53. */
const VAR_UINT = 8
/** The most bytes of a UTF-16 unit as UTF-8. */
const UNIT = 3
/** From here on a varUint takes two bytes or more. */
const TWO_BYTES = 128

/** As many bytes as the content of an entry may take; for usual ids a few dozen more than it does. */
export function contentBound(entry: NewEntry): number {
  let bound = textBound(entry.id) + 1 + 3 * VAR_UINT + entry.update.length
  for (const { actor, session, clients } of entry.authors) {
    bound += textBound(actor) + textBound(session) + VAR_UINT * (1 + clients.length)
  }
  if (entry.expected !== undefined) bound += VAR_UINT + textBound(formatPosition(entry.expected))
  if (entry.emptied !== undefined) bound += 2 * VAR_UINT + entry.emptied.length
  return bound
}

/** What the content of an entry with this id begins with, so that it can be found without being read. */
export function idPrefix(id: string): Buffer {
  const into = Buffer.allocUnsafe(textBound(id))
  return into.subarray(0, putText(into, 0, id))
}

/** Writes the content at `from`. @returns where it ends. */
export function putContent(into: Buffer, from: number, entry: NewEntry): number {
  let at = putText(into, from, entry.id)
  into[at++] = ORIGINS.indexOf(entry.origin)
  at = writeVarUint(into, at, wholeTime(entry.time))
  at = writeVarUint(into, at, entry.authors.length)
  for (const { actor, session, clients } of entry.authors) {
    at = putText(into, at, actor)
    at = putText(into, at, session)
    at = writeVarUint(into, at, clients.length)
    for (const client of clients) at = writeVarUint(into, at, client)
  }
  const { expected, emptied } = entry
  at = writeVarUint(into, at, (expected === undefined ? 0 : 1) + (emptied === undefined ? 0 : 1))
  if (expected !== undefined) {
    at = writeVarUint(into, at, EXPECTED)
    at = putText(into, at, formatPosition(expected))
  }
  if (emptied !== undefined) {
    at = writeVarUint(into, at, EMPTIED)
    at = writeVarUint(into, at, emptied.length)
    into.set(emptied, at)
    at += emptied.length
  }
  into.set(entry.update, at)
  return at + entry.update.length
}

/** What `putContent` wrote; its arrays are views of the bytes. */
export function readContent(bytes: Buffer): Content | Skipped['why'] {
  try {
    const reader = new Reader(bytes)
    const id = textOf(reader, bytes)
    const origin = ORIGINS[reader.byte()]
    if (origin === undefined) return 'not-understood'
    const time = reader.uint()
    const authors = authorsOf(reader, bytes)
    const optional = fieldsOf(reader, bytes)
    const update = viewOf(bytes, reader.at, reader.left)
    return { id, origin, time, authors, ...optional, update }
  } catch (error) {
    if (error instanceof TributaryError) return 'damaged'
    throw error
  }
}

/**
 * Nearly always one, here and of its clients: an array that is pushed to has room for 17. And
 * `Array.from` was 7 % of what a node does with an entry of another.
 */
function authorsOf(reader: Reader, bytes: Buffer): readonly Author[] {
  const count = reader.count(3)
  if (count === 0) return []
  const authors = [authorOf(reader, bytes)]
  while (authors.length < count) authors.push(authorOf(reader, bytes))
  return authors
}

function authorOf(reader: Reader, bytes: Buffer): Author {
  const actor = textOf(reader, bytes)
  const session = textOf(reader, bytes)
  return { actor, session, clients: clientsOf(reader) }
}

function clientsOf(reader: Reader): readonly number[] {
  const count = reader.count(1)
  if (count === 0) return []
  const clients = [reader.uint()]
  while (clients.length < count) clients.push(reader.uint())
  return clients
}

type Fields = Pick<Content, 'expected' | 'emptied'>

function fieldsOf(reader: Reader, bytes: Buffer): Fields {
  let fields: Fields = {}
  for (let left = reader.count(2); left > 0; left--) {
    const tag = reader.uint()
    const size = reader.size()
    const from = reader.at
    reader.skip(size)
    if (tag === EXPECTED) {
      fields = { ...fields, expected: parsePosition(bytes.toString('utf8', from, from + size)) }
    } else if (tag === EMPTIED) fields = { ...fields, emptied: viewOf(bytes, from, size) }
  }
  return fields
}

/** No `Buffer`: its `slice` would not copy, as that of all other arrays does. */
const viewOf = (bytes: Buffer, from: number, size: number): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset + from, size)

const textBound = (text: string): number => VAR_UINT + UNIT * text.length

function putText(into: Buffer, at: number, text: string): number {
  // As if its length took one byte, as that of nearly every text does: to ask for it before costs as
  // much as the writing.
  const size = into.write(text, at + 1)
  if (size < TWO_BYTES) {
    into[at] = size
    return at + 1 + size
  }
  const from = writeVarUint(into, at, size)
  return from + into.write(text, from)
}

function textOf(reader: Reader, bytes: Buffer): string {
  const size = reader.size()
  reader.skip(size)
  return bytes.toString('utf8', reader.at - size, reader.at)
}

/** Times are for people: a clock that was never set must not cost an entry. */
const wholeTime = (time: number): number =>
  time >= 0 && time <= Number.MAX_SAFE_INTEGER ? Math.floor(time) : 0
