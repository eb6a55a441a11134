import type { Seeded } from '../../support/seeded.ts'
import { Bytes } from '../bytes.ts'
import { generated } from '../grammar.ts'
import { mutant } from '../mutants.ts'
import { runSession } from '../sessions/session.ts'
import { Yjs13Peer } from '../sessions/yjs-13.ts'

/** For how long, in ms. */
export const fuzzTime = (): number => Number(process.env.FUZZ_MINUTES ?? '1') * 60_000

/** Updates of some real sessions, in the order in which they were made. */
export function realUpdates(random: Seeded, sessions: number): Uint8Array[] {
  return Array.from({ length: sessions }, () => {
    const peers = [new Yjs13Peer(random), new Yjs13Peer(random)]
    const { emitted } = runSession(random, peers, 40)
    for (const peer of peers) peer.free()
    return emitted.map(({ bytes }) => bytes)
  }).flat()
}

/** A real update with mistakes, or one that only follows the grammar. */
export const strangeUpdate = (random: Seeded, corpus: readonly Uint8Array[]): Uint8Array =>
  random.chance(0.6) ? mutant(random, corpus) : generated(random)

const STATES = [
  'null',
  '{}',
  '{"name":"a","cursor":{"x":1}}',
  '"\\ud800"',
  '[[[[]]]]',
  '{"a":1e999}',
]

/** The body of an awareness frame, sound more often than not. */
export function strangeAwareness(random: Seeded): Uint8Array {
  const count = random.int(0, 4)
  const body = new Bytes().uint(random.chance(0.05) ? random.pick([count + 1, 2 ** 31]) : count)
  for (let n = 0; n < count; n++) {
    body.uint(random.pick([0, 7, random.int(0, 2 ** 31), 2 ** 53 - 1]))
    body.uint(
      random.chance(0.1) ? random.pick([2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1]) : random.int(0, 99),
    )
    body.text(
      random.chance(0.05)
        ? random.pick(['[', '{"a":}', '[', '"']).repeat(random.int(1, 200))
        : random.chance(0.02)
          ? `"${'x'.repeat(random.int(16_000, 17_000))}"`
          : random.pick(STATES),
    )
  }
  const bytes = body.done()
  return random.chance(0.2) ? spoiled(random, bytes) : bytes
}

/** A byte changed, left out or too many, or the rest cut off. */
export function spoiled(random: Seeded, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return random.bytes(3)
  const at = random.int(0, bytes.length - 1)
  const head = bytes.subarray(0, at)
  const middle = random.pick([[], [(bytes[at] as number) ^ (1 << random.int(0, 7))], [0xff, 0x7f]])
  const tail = random.chance(0.3) ? [] : bytes.subarray(at + random.int(0, 1))
  return new Bytes().raw(head).raw(middle).raw(tail).done()
}
