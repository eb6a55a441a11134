import { describe, expect, test } from 'vitest'
import { checkUpdate } from '../../src/crdt/check.ts'
import { DeleteRanges } from '../../src/crdt/delete-ranges.ts'
import { Knowledge } from '../../src/crdt/knowledge.ts'
import { EMPTY_UPDATE, UpdateScan } from '../../src/crdt/scan.ts'
import { type Delete, forge, type Section, type Struct } from '../support/forge.ts'

const scanOf = (bytes: Uint8Array) => checkUpdate(bytes, new UpdateScan())
const text = (length: number, place: Partial<Struct> = {}): Struct => ({
  is: 'text',
  length,
  ...place,
})

/** Client 1 has five clocks, of which 1 and 2 are deleted; client 2 has three. */
function someKnowledge(): Knowledge {
  return new Knowledge(
    new Map([
      [1, 5],
      [2, 3],
    ]),
    new Uint8Array([1, 1, 1, 1, 2]),
  )
}

/** What is taken of an update: its bytes told apart from a copy by `same`. */
function taken(knowledge: Knowledge, bytes: Uint8Array) {
  const scan = scanOf(bytes)
  const before = new Map(knowledge.known)
  const { update, ...rest } = knowledge.take(scan)
  expect(knowledge.known).toEqual(before)
  return { ...rest, update: update && Buffer.from(update), same: update === scan.bytes }
}

const forged = (sections: readonly Section[], deletes: readonly Delete[] = []) =>
  Buffer.from(forge(sections, deletes))

describe('taking an update', () => {
  test('[K3] what is closed and new is taken as the very bytes that came', () => {
    const next: Section = { client: 1, clock: 5, structs: [text(1, { origin: [1, 4] })] }
    expect(taken(someKnowledge(), forge([next]))).toMatchObject({ same: true, unclosed: false })
    const both: Section[] = [
      { client: 3, clock: 0, structs: [text(2, { origin: [1, 5] }), text(1)] },
      { ...next, structs: [text(1, { right: [2, 2] })] },
    ]
    expect(
      taken(
        someKnowledge(),
        forge(both, [
          [3, 0, 1],
          [1, 3, 1],
        ]),
      ),
    ).toMatchObject({
      same: true,
      unclosed: false,
      clients: [3, 1],
      newClients: 1,
    })
  })

  test('[K4] structs behind a gap are cut off', () => {
    const gap = forge([{ client: 1, clock: 6, structs: [text(1)] }])
    expect(taken(someKnowledge(), gap)).toMatchObject({ update: null, unclosed: true })
  })

  test('[K4] a Skip is passed where all of it is known, and goes no further else', () => {
    const skip = (length: number) =>
      forge([{ client: 1, clock: 3, structs: [{ is: 'skip', length }, text(2)] }])
    expect(taken(someKnowledge(), skip(2))).toMatchObject({
      update: forged([{ client: 1, clock: 5, structs: [text(2)] }]),
      unclosed: false,
    })
    expect(taken(someKnowledge(), skip(3))).toMatchObject({ update: null, unclosed: true })
  })

  test.each(['origin', 'right', 'parent'] as const)(
    '[K4] an unknown %s cuts the section',
    (name) => {
      const bytes = (clock: number) =>
        forge([
          { client: 1, clock: 5, structs: [text(2), text(1, { [name]: [2, clock] }), text(1)] },
        ])
      expect(taken(someKnowledge(), bytes(2))).toMatchObject({ same: true })
      expect(taken(someKnowledge(), bytes(3))).toMatchObject({
        update: forged([{ client: 1, clock: 5, structs: [text(2)] }]),
        unclosed: true,
      })
    },
  )

  test('[K4] what an earlier struct of the same update brings is known to the next', () => {
    const chain: Section[] = [
      { client: 9, clock: 0, structs: [text(1, { origin: [8, 1] }), text(1, { origin: [7, 0] })] },
      { client: 8, clock: 0, structs: [text(2), text(1, { right: [9, 0] })] },
      { client: 7, clock: 0, structs: [text(1, { parent: [8, 2] })] },
    ]
    expect(taken(new Knowledge(), forge(chain))).toMatchObject({ same: true, newClients: 3 })
  })

  test('[K4] structs of two clients that name each other are not closed', () => {
    // By hand: the checker refuses such a ring before.
    const scan = new UpdateScan()
    scan.reset(forge([]))
    for (const client of [9, 8]) {
      const section = scan.addSection()
      scan.sectionClient[section] = client
      scan.sectionFrom[section] = scan.structs
      const row = scan.addStruct()
      scan.clock[row] = 0
      scan.length[row] = 1
      scan.info[row] = 0x84
      scan.originClient[row] = 17 - client
      scan.originClock[row] = 0
      scan.rightClock[row] = 0xffffffff
      scan.parentClock[row] = 0xffffffff
    }
    expect(new Knowledge().take(scan)).toMatchObject({ update: null, unclosed: true })
  })

  test('[K4] two clients that take turns a hundred thousand times are taken in linear time', () => {
    const turns = 100_000
    const ladder = (other: number, ahead: number) =>
      Array.from({ length: turns }, (_, i) =>
        i < ahead ? text(1) : text(1, { origin: [other, i - ahead] }),
      )
    const bytes = forge([
      { client: 9, clock: 0, structs: ladder(8, 1) },
      { client: 8, clock: 0, structs: ladder(9, 0) },
    ])
    expect(taken(new Knowledge(), bytes)).toMatchObject({ same: true, unclosed: false })
  })

  test('[K5] structs that are known are dropped, of one that is half known the new half stays', () => {
    const bytes = forge([
      { client: 2, clock: 0, structs: [text(2), text(2), text(1)] },
      { client: 1, clock: 4, structs: [text(1)] },
    ])
    const half = text(1, { origin: [2, 2] })
    expect(taken(someKnowledge(), bytes)).toEqual({
      update: forged([{ client: 2, clock: 3, structs: [half, text(1)] }]),
      same: false,
      unclosed: false,
      clients: [2],
      newClients: 0,
    })
  })

  test('[K5] what a known struct names need not be known', () => {
    const bytes = forge([{ client: 1, clock: 4, structs: [text(1, { origin: [77, 7] }), text(1)] }])
    expect(taken(someKnowledge(), bytes)).toMatchObject({
      update: forged([{ client: 1, clock: 5, structs: [text(1)] }]),
      unclosed: false,
    })
  })

  test('[K6] deletes are cut to what is known once the closed structs are taken', () => {
    const next: Section = { client: 1, clock: 5, structs: [text(2), text(1, { origin: [9, 9] })] }
    expect(taken(someKnowledge(), forge([next], [[1, 4, 9]]))).toMatchObject({
      update: forged([{ ...next, structs: [text(2)] }], [[1, 4, 3]]),
      unclosed: true,
    })
    expect(taken(someKnowledge(), forge([], [[5, 0, 1]]))).toMatchObject({
      update: null,
      unclosed: true,
    })
  })

  test('[K6] the parts of deletes that are known are taken out', () => {
    const bytes = forge(
      [],
      [
        [2, 0, 1],
        [1, 0, 5],
      ],
    )
    expect(taken(someKnowledge(), bytes)).toMatchObject({
      update: forged(
        [],
        [
          [2, 0, 1],
          [1, 0, 1],
          [1, 3, 2],
        ],
      ),
      unclosed: false,
      clients: [],
    })
    expect(taken(someKnowledge(), forge([], [[1, 1, 2]]))).toMatchObject({ update: null })
  })

  test('[K6] deletes over new clocks are left as they are when structs are cut', () => {
    const bytes = forge([{ client: 2, clock: 2, structs: [text(1), text(2)] }], [[2, 3, 1]])
    expect(taken(someKnowledge(), bytes).update).toEqual(
      forged([{ client: 2, clock: 3, structs: [text(2)] }], [[2, 3, 1]]),
    )
    const behind = forge(
      [{ client: 2, clock: 2, structs: [text(1), text(2), text(1, { origin: [9, 9] })] }],
      [[2, 3, 3]],
    )
    expect(taken(someKnowledge(), behind).update).toEqual(
      forged([{ client: 2, clock: 3, structs: [text(2)] }], [[2, 3, 2]]),
    )
  })

  test('[K6] of deletes over a struct that is half known, those that are known are taken out', () => {
    const values: Section = { client: 1, clock: 4, structs: [text(3, { key: 'k' })] }
    const knowledge = someKnowledge()
    knowledge.learn(scanOf(forge([], [[1, 4, 1]])))
    const { update } = taken(knowledge, forge([values], [[1, 4, 3]]))
    const scan = checkUpdate(update as Uint8Array)
    expect([scan.clock[0], scan.length[0], scan.deletes]).toEqual([5, 2, 1])
    expect([scan.deleteClock[0], scan.deleteLength[0]]).toEqual([5, 2])
  })

  test('[K5] an update that brings nothing gives nothing', () => {
    expect(taken(someKnowledge(), EMPTY_UPDATE)).toEqual({
      update: null,
      same: false,
      unclosed: false,
      clients: [],
      newClients: 0,
    })
  })
})

describe('learning an update', () => {
  test('[K7] clocks and deletes are taken over, also those that a GC or deleted content stands for', () => {
    const knowledge = someKnowledge()
    const structs: Struct[] = [text(2), { is: 'gc', length: 3 }, { is: 'deleted', length: 1 }]
    knowledge.learn(scanOf(forge([{ client: 7, clock: 0, structs }], [[2, 0, 1]])))
    expect([...knowledge.known]).toEqual([
      [1, 5],
      [2, 3],
      [7, 6],
    ])
    const deletes = new DeleteRanges()
    for (const [client, clock, length] of [
      [1, 1, 2],
      [2, 0, 1],
      [7, 2, 4],
    ] as const)
      deletes.add(client, clock, length)
    expect(knowledge.encodeDeletes()).toEqual(deletes.encode())
    expect(
      taken(
        knowledge,
        forge(
          [],
          [
            [7, 2, 4],
            [1, 1, 1],
          ],
        ),
      ),
    ).toMatchObject({ update: null })
  })

  test('[K7] the known half of a GC is not deleted by it', () => {
    const knowledge = new Knowledge(new Map([[1, 5]]))
    knowledge.learn(scanOf(forge([{ client: 1, clock: 3, structs: [{ is: 'gc', length: 4 }] }])))
    expect([...knowledge.encodeDeletes()]).toEqual([1, 1, 1, 5, 2])
  })

  test.each([
    ['a gap', forge([{ client: 1, clock: 6, structs: [text(1)] }])],
    [
      'an unknown Skip',
      forge([{ client: 1, clock: 4, structs: [{ is: 'skip', length: 2 }, text(1)] }]),
    ],
    ['a delete beyond', forge([{ client: 1, clock: 5, structs: [text(1)] }], [[1, 5, 2]])],
  ])('[K7] %s is refused, and nothing of it taken over', (_, bytes) => {
    const knowledge = someKnowledge()
    expect(() => knowledge.learn(scanOf(bytes))).toThrow(
      expect.objectContaining({ code: 'damaged' }),
    )
    expect([...knowledge.known]).toEqual([
      [1, 5],
      [2, 3],
    ])
    expect(knowledge.encodeDeletes()).toEqual(someKnowledge().encodeDeletes())
  })

  test('[K8] the deletes of the snapshot are decoded when deletes first come, and once', () => {
    const deletes = new Uint8Array([1, 1, 1, 1, 2])
    const unreadable = new Uint8Array(5).fill(255)
    const stored = Uint8Array.from(unreadable)
    const knowledge = new Knowledge(new Map([[1, 5]]), stored)
    const typed = scanOf(forge([{ client: 1, clock: 5, structs: [text(1)] }]))
    knowledge.take(typed)
    knowledge.learn(typed)
    knowledge.learn(scanOf(forge([{ client: 1, clock: 6, structs: [text(1)] }], [[1, 0, 1]])))
    stored.set(deletes)
    expect(taken(knowledge, forge([], [[1, 0, 3]]))).toMatchObject({ update: null })
    stored.set(unreadable)
    expect(taken(knowledge, forge([], [[1, 0, 4]]))).toMatchObject({
      update: forged([], [[1, 3, 1]]),
    })
  })

  test('[K8] the deletes of a later snapshot are added to what was learned', () => {
    const knowledge = someKnowledge()
    knowledge.learn(scanOf(forge([], [[2, 2, 1]])))
    knowledge.adoptDeletes(new Uint8Array([1, 1, 1, 1, 3]))
    expect(
      taken(
        knowledge,
        forge(
          [],
          [
            [2, 2, 1],
            [1, 1, 3],
          ],
        ),
      ),
    ).toMatchObject({ update: null })
    knowledge.adoptDeletes(new Uint8Array([1, 1, 1, 0, 4]))
    expect(
      taken(
        knowledge,
        forge(
          [],
          [
            [2, 2, 1],
            [1, 0, 4],
          ],
        ),
      ),
    ).toMatchObject({ update: null })
  })

  test('[K8] a delete set that cannot be read is refused each time it is needed', () => {
    const knowledge = new Knowledge(new Map([[1, 5]]), new Uint8Array([1]))
    const scan = scanOf(forge([], [[1, 0, 1]]))
    for (let i = 0; i < 2; i++) {
      expect(() => knowledge.take(scan)).toThrow(expect.objectContaining({ code: 'malformed' }))
    }
  })
})
