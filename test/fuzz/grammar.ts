import type { Seeded } from '../support/seeded.ts'
import { Bytes } from './bytes.ts'

const CLIENTS = [0, 1, 2, 300, 2 ** 32, 2 ** 53 - 1]
const TEXTS = ['', 'a', 'é', '日本', '🙂', '\ufeff', '__proto__', 'guid']
const JSONS = ['null', '1e999', '"\\ud800"', '{"__proto__":{"a":[1]}}', '[[[]]]', '{"bold":true}']
const KINDS = [0, 1, 1, 2, 3, 4, 4, 4, 5, 6, 6, 7, 7, 7, 8, 9, 10]

/**
 * An update by the grammar of the format and without any sense: structs that name whatever ids the
 * update might hold, of any content, and now and then a number that is wrong.
 */
export function generated(random: Seeded): Uint8Array {
  const clients = CLIENTS.filter(() => random.chance(0.5))
  const bytes = new Bytes().uint(clients.length)
  for (const client of clients.reverse()) writeSection(random, bytes, client)
  writeDeletes(random, bytes)
  return bytes.done()
}

/** The value, or rarely one beside it. */
const about = (random: Seeded, value: number): number =>
  random.chance(0.004) ? Math.max(0, value + random.pick([-1, 1, 2 ** 31])) : value

const anyClient = (random: Seeded): number => random.pick(CLIENTS)

function writeSection(random: Seeded, bytes: Bytes, client: number): void {
  const structs = random.int(1, 8)
  let clock = random.chance(0.8) ? 0 : random.int(1, 5)
  bytes.uints(about(random, structs), client, clock)
  for (let i = 0; i < structs; i++) {
    const kind = random.pick(KINDS)
    if (kind === 0 || kind === 10) {
      const length = random.int(1, 3)
      bytes.byte(kind).uint(about(random, length))
      clock += length
      continue
    }
    const info = kind | random.pick([0, 0, 0x20, 0x40, 0x80, 0x80, 0xc0, 0xa0])
    bytes.byte(info)
    if (info & 0x80) writeId(random, bytes, client, clock)
    if (info & 0x40) writeId(random, bytes, client, clock)
    if ((info & 0xc0) === 0) {
      if (random.chance(0.5)) bytes.byte(1).text(random.pick(['t', 'm', '']))
      else writeId(random, bytes.byte(0), client, clock)
      if (info & 0x20) bytes.text(random.pick(TEXTS))
    }
    clock += writeContent(random, bytes, kind)
  }
}

/** An id that some struct may have; of its own client an earlier one, where there is one. */
function writeId(random: Seeded, bytes: Bytes, client: number, clock: number): void {
  const named = random.chance(0.5) ? client : anyClient(random)
  const below = named === client && clock > 0 ? clock : 6
  const isWrong = random.chance(0.002)
  bytes.uints(named, isWrong ? clock : random.int(0, below - 1))
}

/** Gives the length in clocks. */
function writeContent(random: Seeded, bytes: Bytes, kind: number): number {
  const count = random.int(1, 3)
  switch (kind) {
    case 1:
      bytes.uint(about(random, count))
      return count
    case 2:
      bytes.uint(about(random, count))
      for (let i = 0; i < count; i++) bytes.text(random.pick([...JSONS, 'undefined']))
      return count
    case 3:
      bytes.uint(count).raw(random.bytes(count))
      return 1
    case 4: {
      const text = random.pick(TEXTS.slice(1))
      bytes.text(text)
      return text.length
    }
    case 5:
      bytes.text(random.pick(JSONS))
      return 1
    case 6:
      bytes.text(random.pick(TEXTS)).text(random.pick(JSONS))
      return 1
    case 7: {
      const type = about(random, random.int(0, 6))
      bytes.uint(type)
      if (type === 3 || type === 5) bytes.text(random.pick(TEXTS))
      return 1
    }
    case 8:
      bytes.uint(about(random, count))
      for (let i = 0; i < count; i++) writeAny(random, bytes, 3)
      return count
    default:
      bytes.text(random.pick(TEXTS))
      writeObject(random, bytes, 2, [
        'meta',
        'gc',
        'autoLoad',
        'shouldLoad',
        'encoding',
        '__proto__',
      ])
      return 1
  }
}

function writeAny(random: Seeded, bytes: Bytes, depth: number): void {
  const tag = about(random, random.int(depth > 0 ? 116 : 119, 127))
  bytes.byte(tag & 0xff)
  switch (tag) {
    case 125:
      bytes.byte(...random.pick([[0x40], [0], [0x3f], [0x80, 1], [0xff, 0xff, 0x7f], [0x80, 0]]))
      return
    case 124:
      bytes.raw(random.bytes(4))
      return
    case 123:
    case 122:
      bytes.raw(random.bytes(8))
      return
    case 119:
      bytes.text(random.pick(TEXTS))
      return
    case 118:
      writeEntries(random, bytes, depth - 1, TEXTS)
      return
    case 117: {
      const count = random.int(0, 3)
      bytes.uint(count)
      for (let i = 0; i < count; i++) writeAny(random, bytes, depth - 1)
      return
    }
    case 116:
      bytes.uint(2).raw(random.bytes(2))
  }
}

function writeObject(random: Seeded, bytes: Bytes, depth: number, keys: readonly string[]): void {
  bytes.byte(about(random, 118) & 0xff)
  writeEntries(random, bytes, depth, keys)
}

function writeEntries(random: Seeded, bytes: Bytes, depth: number, keys: readonly string[]): void {
  const count = random.int(0, 3)
  bytes.uint(count)
  for (let i = 0; i < count; i++) {
    bytes.text(random.pick(keys))
    writeAny(random, bytes, depth)
  }
}

function writeDeletes(random: Seeded, bytes: Bytes): void {
  const clients = CLIENTS.filter(() => random.chance(0.3))
  bytes.uint(clients.length)
  for (const client of clients) {
    const ranges = random.int(0, 3)
    bytes.uints(client, ranges)
    for (let i = 0; i < ranges; i++) bytes.uints(random.int(0, 9), about(random, random.int(1, 4)))
  }
}
