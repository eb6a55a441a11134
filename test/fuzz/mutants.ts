import { checkUpdate } from '../../src/crdt/check.ts'
import { UpdateScan } from '../../src/crdt/scan.ts'
import type { Seeded } from '../support/seeded.ts'
import { Bytes } from './bytes.ts'

/** A real update with a few things wrong, most of them where a reader takes a decision. */
export function mutant(random: Seeded, corpus: readonly Uint8Array[]): Uint8Array {
  let bytes = random.pick(corpus)
  for (let edits = random.int(1, 3); edits > 0 && bytes.length > 0; edits--) {
    bytes = random.pick(EDITS)(random, bytes, random.pick(corpus))
  }
  return bytes
}

type Edit = (random: Seeded, bytes: Uint8Array, other: Uint8Array) => Uint8Array

/** Offsets at which an update has counts, ids, info bytes and contents; any, when it is broken. */
function places(bytes: Uint8Array): number[] {
  const scan = new UpdateScan()
  try {
    checkUpdate(bytes, scan)
  } catch {
    return Array.from(bytes.keys())
  }
  return [
    0,
    scan.deletesAt,
    ...scan.sectionAt.subarray(0, scan.sections),
    ...scan.at.subarray(0, scan.structs),
    ...scan.contentAt.subarray(0, scan.structs),
  ]
}

/** A place where something stands, or just behind one. */
const place = (random: Seeded, bytes: Uint8Array): number =>
  Math.min(random.pick(places(bytes)) + random.int(0, 4), Math.max(0, bytes.length - 1))

const replaced = (bytes: Uint8Array, from: number, to: number, by: Iterable<number>): Uint8Array =>
  new Bytes().raw(bytes.subarray(0, from)).raw(by).raw(bytes.subarray(to)).done()

const flipBit: Edit = (random, bytes) => {
  const at = place(random, bytes)
  return replaced(bytes, at, at + 1, [(bytes[at] as number) ^ (1 << random.int(0, 7))])
}

const setByte: Edit = (random, bytes) => {
  const at = random.int(0, bytes.length - 1)
  return replaced(bytes, at, at + 1, [
    random.pick([0, 1, 10, 0x7f, 0x80, 0xff, random.int(0, 255)]),
  ])
}

const nudge: Edit = (random, bytes) => {
  const at = place(random, bytes)
  return replaced(bytes, at, at + 1, [((bytes[at] as number) + random.pick([-2, -1, 1, 2])) & 0x7f])
}

const setVarint: Edit = (random, bytes) => {
  const from = place(random, bytes)
  let to = from
  while (to < bytes.length && (bytes[to] as number) >= 0x80) to++
  const value = random.pick([0, 1, 2, 3, 127, 128, 2 ** 31 - 2, 2 ** 31, 2 ** 53 - 1, 2 ** 53])
  return replaced(bytes, from, to + 1, new Bytes().uint(value).done())
}

const longVarint: Edit = (random, bytes) => {
  const at = place(random, bytes)
  return replaced(bytes, at, at + 1, [(bytes[at] as number) | 0x80, 0])
}

const cut: Edit = (random, bytes) => bytes.slice(0, random.int(1, bytes.length))

const drop: Edit = (random, bytes) => {
  const from = place(random, bytes)
  return replaced(bytes, from, from + random.int(1, 4), [])
}

const splice: Edit = (random, bytes, other) => {
  const from = place(random, bytes)
  const start = place(random, other)
  const part = other.subarray(start, start + random.int(1, 30))
  return replaced(bytes, from, from + random.pick([0, part.length]), part)
}

/** The same update with the deletes of another. */
const otherDeletes: Edit = (_random, bytes, other) => {
  try {
    const at = checkUpdate(bytes).deletesAt
    const head = bytes.slice(0, at)
    return new Bytes()
      .raw(head)
      .raw(other.subarray(checkUpdate(other).deletesAt))
      .done()
  } catch {
    return bytes
  }
}

const EDITS: readonly Edit[] = [
  flipBit,
  flipBit,
  setByte,
  nudge,
  nudge,
  setVarint,
  longVarint,
  cut,
  drop,
  splice,
  otherDeletes,
]
