import * as encoding from 'lib0/encoding'
import * as Y from 'yjs'

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const sound = (): Uint8Array => {
  const doc = new Y.Doc()
  doc.clientID = 9
  doc.getText('t').insert(0, 'sound')
  doc.getText('t').delete(1, 1)
  return Y.encodeStateAsUpdate(doc)
}

/** One section with one struct of client 5 at clock 0, whose content is written by `content`. */
const struct = (info: number, content: (encoder: encoding.Encoder) => void): Uint8Array =>
  encoding.encode((encoder) => {
    for (const head of [1, 1, 5, 0]) encoding.writeVarUint(encoder, head)
    encoding.writeUint8(encoder, info)
    if (info !== 0 && info !== 10) {
      encoding.writeVarUint(encoder, 1)
      encoding.writeVarString(encoder, 't')
    }
    content(encoder)
    encoding.writeVarUint(encoder, 0)
  })

/** `depth` types, each inside the one before, in one update. */
function nestedTypes(depth: number): Uint8Array {
  const doc = new Y.Doc()
  let parent = doc.getArray('deep')
  doc.transact(() => {
    for (let level = 0; level < depth; level++) {
      const child = new Y.Array()
      parent.push([child])
      parent = child as Y.Array<unknown>
    }
  })
  return Y.encodeStateAsUpdate(doc)
}

const nestedAny = (depth: number): Uint8Array =>
  struct(8, (encoder) => {
    encoding.writeVarUint(encoder, 1)
    // Tag 117: an array, of one array, …
    for (let level = 0; level < depth; level++) encoding.writeUint8Array(encoder, hex('75 01'))
    encoding.writeUint8(encoder, 126)
  })

const nestedJson = (depth: number): Uint8Array =>
  struct(2, (encoder) => {
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarString(encoder, '['.repeat(depth) + ']'.repeat(depth))
  })

function v2(): Uint8Array {
  const doc = new Y.Doc()
  doc.getText('t').insert(0, 'the other format')
  return Y.encodeStateAsUpdateV2(doc)
}

/**
 * Updates that break documents, servers or both when they are taken (seen on yjs 13.6.33), each
 * refused at the door for what it is.
 */
export const malformedUpdates: Readonly<Record<string, Uint8Array>> = {
  'a struct of length zero': hex('01 01 05 00 00 00 00'),
  'a deleted struct of length zero': struct(1, (encoder) => encoding.writeVarUint(encoder, 0)),
  'a struct that is its own origin': hex('01 01 05 00 84 05 00 01 78 00'),
  'a struct whose right origin is its own': hex('01 01 05 00 44 05 00 01 78 00'),
  'a struct inside itself': hex('01 01 05 00 04 00 05 00 01 78 00'),
  'a count of structs far beyond its bytes': hex('01 ff ff ff 7f 05 00 00'),
  'a count of clients far beyond its bytes': hex('ff ff ff ff 0f 01 05'),
  'clocks at the end of the numbers': hex('01 01 05 fe ff ff ff ff ff ff 0f 00 05 00'),
  'a clock beyond every number': hex('01 01 05 ff ff ff ff ff ff ff ff ff 01 00 05 00'),
  'a skip with flags': hex('01 01 05 00 8a 05 00'),
  'a sub-document with null for options': struct(9, (encoder) => {
    encoding.writeVarString(encoder, 'guid')
    encoding.writeUint8(encoder, 126)
  }),
  'content of a kind that does not exist': struct(11, (encoder) =>
    encoding.writeVarUint(encoder, 1),
  ),
  'a type that does not exist': struct(7, (encoder) => encoding.writeVarUint(encoder, 99)),
  'a text that is not UTF-8': struct(4, (encoder) =>
    encoding.writeVarUint8Array(encoder, hex('c3 28')),
  ),
  'trailing bytes': Uint8Array.of(...sound(), 0),
  'no bytes at all': new Uint8Array(0),
  'a delete set that is cut short': sound().slice(0, -1),
  'a number that is longer than it need be': hex('01 81 00 05 00 00 05 00'),
  'format V2': v2(),
  'types nested 5,000 deep': nestedTypes(5_000),
  'values nested 10,000 deep': nestedAny(10_000),
  'JSON nested 6,000 deep': nestedJson(6_000),
}

/**
 * Sound bytes about something that does not exist yet: not refused, but never taken either, or they
 * would wait for it and eat it.
 */
export const prematureUpdates: Readonly<Record<string, Uint8Array>> = {
  'a delete over clocks to come': hex('00 01 05 01 00 0a'),
  'a GC struct over clocks to come': hex('01 01 05 0a 00 05 00'),
  'a skip over clocks to come': hex('01 02 05 00 0a 05 00 05 00'),
}
