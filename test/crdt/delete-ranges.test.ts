import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { DeleteRanges } from '../../src/crdt/delete-ranges.ts'
import { hex, toHex } from '../support/hex.ts'
import type { Seeded } from '../support/seeded.ts'
import { Editor, forSeeds, shuffled } from '../support/sessions.ts'

/** The dumb twin: every clock by itself. */
class Clocks {
  readonly #clocks = new Set<string>()

  add(client: number, clock: number, length: number): void {
    for (let i = 0; i < length; i++) this.#clocks.add(`${client}/${clock + i}`)
  }

  has(client: number, clock: number): boolean {
    return this.#clocks.has(`${client}/${clock}`)
  }
}

const rangesOf = (deletes: DeleteRanges) => {
  const ranges: [number, number, number][] = []
  deletes.forEach((...range) => {
    ranges.push(range)
  })
  return ranges
}

describe('a set of deletes', () => {
  test('[K1] answers as a set of single clocks does, whatever the order', () => {
    forSeeds(200, (random) => {
      const deletes = new DeleteRanges()
      const clocks = new Clocks()
      for (let round = 0; round < 60; round++) {
        const burst = random.chance(0.2) ? random.int(10, 40) : 1
        for (let i = 0; i < burst; i++) {
          const range = randomRange(random)
          deletes.add(...range)
          clocks.add(...range)
        }
        if (random.chance(0.5)) compareAt(random, deletes, clocks, ...randomRange(random))
      }
      const ranges = rangesOf(deletes)
      expect(deletes.size).toBe(ranges.length)
      ranges.forEach(([client, clock, length], i) => {
        const [before, start, size] = ranges[i - 1] ?? [Number.POSITIVE_INFINITY, 0, 0]
        expect(client < before || clock > start + size).toBe(true)
        compareAt(random, deletes, clocks, client, Math.max(0, clock - 2), length + 4)
      })
    })
  })

  test('[K1] ten thousand ranges in the worst order merge into what they cover', () => {
    const deletes = new DeleteRanges()
    for (let clock = 9_999; clock >= 0; clock--) deletes.add(7, clock * 2, 1)
    expect(deletes.size).toBe(10_000)
    for (let clock = 0; clock < 10_000; clock++) deletes.add(7, clock * 2 + 1, 1)
    expect(rangesOf(deletes)).toEqual([[7, 0, 20_000]])
  })

  test('[K2] its bytes are those that Yjs ends an update with', () => {
    forSeeds(40, (random) => {
      const editor = new Editor(random)
      const other = new Editor(random)
      for (let i = 0; i < 40; i++) editor.edit(random)
      other.receive(editor.answer())
      for (let i = 0; i < 40; i++) other.edit(random)
      const scan = checkUpdate(other.answer())
      const bytes = scan.bytes.slice(scan.deletesAt)
      const deletes = DeleteRanges.decode(bytes)
      expect(toHex(deletes.encode())).toBe(toHex(bytes))
      editor.close()
      other.close()
    })
  })

  test('[K2] clients fall, clocks rise, ids have up to 53 bits', () => {
    const deletes = new DeleteRanges()
    deletes.add(5, 300, 1)
    deletes.add(2 ** 53 - 1, 0, 2)
    deletes.add(5, 1, 2)
    expect(toHex(deletes.encode())).toBe('02 ff ff ff ff ff ff ff 0f 01 00 02 05 02 01 02 ac 02 01')
  })

  test.each([
    ['nothing', ''],
    ['a byte left over', '00 00'],
    ['more clients than bytes', '7f'],
    ['a range of no clocks', '01 05 01 03 00'],
    ['clocks beyond 2^31', '01 05 01 feffffff07 02'],
    ['a number longer than it need be', '01 05 01 8000 01'],
    ['a cut', '01 05 02 03 01'],
  ])('[K2] %s is refused', (_, bytes) => {
    expect(() => DeleteRanges.decode(hex(bytes))).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    )
  })

  test('[K2] the last clock there is can be deleted', () => {
    const bytes = hex('01 05 01 00 ffffffff07')
    expect(toHex(DeleteRanges.decode(bytes).encode())).toBe(toHex(bytes))
  })

  test('[K2] what Yjs reads from the bytes is the set', () => {
    const deletes = new DeleteRanges()
    deletes.add(9, 4, 3)
    deletes.add(9, 0, 2)
    const update = new Uint8Array([0, ...deletes.encode()])
    expect([...Y.decodeUpdate(update).ds.clients]).toMatchObject([
      [
        9,
        [
          { clock: 0, len: 2 },
          { clock: 4, len: 3 },
        ],
      ],
    ])
  })
})

function compareAt(
  random: Seeded,
  deletes: DeleteRanges,
  clocks: Clocks,
  client: number,
  clock: number,
  length: number,
): void {
  const held = Array.from({ length }, (_, i) => clocks.has(client, clock + i))
  const questions = [
    () => expect(deletes.covers(client, clock, length)).toBe(held.every(Boolean)),
    () => expect(deletes.overlaps(client, clock, length)).toBe(held.some(Boolean)),
    () => {
      const rest = new Clocks()
      deletes.uncovered(client, clock, length, (from, size) => {
        expect(size).toBeGreaterThan(0)
        rest.add(client, from, size)
      })
      expect(held.map((_, i) => rest.has(client, clock + i))).toEqual(held.map((is) => !is))
    },
  ]
  // Any of them may be the first to be asked after ranges were added.
  for (const question of shuffled(questions, random)) question()
}

const randomRange = (random: Seeded): [number, number, number] => [
  random.int(1, 3),
  random.int(0, 250),
  random.int(1, 6),
]
