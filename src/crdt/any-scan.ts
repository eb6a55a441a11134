import type { Reader } from './reader.ts'

// The tags of lib0's `any`. Those between have no bytes: undefined 127, null 126, false 121 and
// true 120.
const LAST_TAG = 127
const INTEGER = 125
const FLOAT32 = 124
const FLOAT64 = 123
const BIGINT = 122
const TEXT = 119
const OBJECT = 118
const ARRAY = 117
const BYTES = 116

/** How deep brackets may stand in one JSON text or one value of lib0's `any`. */
export const MOST_DEPTH = 256

const utf8 = new TextEncoder()
const PROTO = utf8.encode('__proto__')
// A sub-document's options are spread over what Yjs makes it of: a `guid` that is no string, or a
// `gcFilter` that is no function, throws much later, at everyone. No encoder writes either.
const NOT_OPTIONS = [utf8.encode('guid'), utf8.encode('gcFilter')]

/**
 * Takes one value of lib0's `any` and builds nothing. The recursion is as deep as the value's
 * brackets, so `depth` bounds it.
 */
export function skipAny(reader: Reader, depth: number = MOST_DEPTH): void {
  const tag = reader.byte()
  if (tag === TEXT) reader.text()
  else if (tag === INTEGER) reader.skipInt()
  else if (tag === OBJECT) skipObject(reader, depth, [])
  else if (tag === ARRAY) skipArray(reader, depth)
  else if (tag === BYTES) reader.skip(reader.size())
  else if (tag === FLOAT64 || tag === BIGINT) reader.skip(8)
  else if (tag === FLOAT32) reader.skip(4)
  else if (tag > LAST_TAG || tag < BYTES) reader.fail(`a value has the tag ${tag}`, reader.at - 1)
  // What is left is a word that the tag alone says: true, false, null, undefined.
}

/** Takes the options of a sub-document: an object without the keys that would break it. */
export function skipOptions(reader: Reader): void {
  if (reader.byte() !== OBJECT)
    reader.fail('the options of a document are no object', reader.at - 1)
  skipObject(reader, MOST_DEPTH, NOT_OPTIONS)
}

function skipArray(reader: Reader, depth: number): void {
  if (depth === 0) reader.fail('a value is nested too deep')
  for (let left = reader.count(1); left > 0; left--) skipAny(reader, depth - 1)
}

function skipObject(reader: Reader, depth: number, forbidden: readonly Uint8Array[]): void {
  if (depth === 0) reader.fail('a value is nested too deep')
  for (let left = reader.count(2); left > 0; left--) {
    const size = reader.size()
    const from = reader.at
    reader.text(size)
    for (const key of forbidden) {
      if (reader.tookWord(from, key))
        reader.fail('the options of a document name what they may not', from)
    }
    // lib0 assigns by key, so `__proto__` sets the prototype. One that is a byte array makes the
    // object pass for a byte array, and every encoding of it throws. Any other does no harm.
    if (reader.tookWord(from, PROTO) && reader.bytes[reader.at] === BYTES) {
      reader.fail('a prototype is a byte array', from)
    }
    skipAny(reader, depth - 1)
  }
}
