import { describe, expect, test } from 'vitest'
import { checkUpdate } from '../../src/crdt/check.ts'
import { neuter } from '../../src/crdt/neuter.ts'
import { UpdateScan } from '../../src/crdt/scan.ts'
import { type Delete, forge, type Section, type Struct } from '../support/forge.ts'

const neutered = (
  known: [number, number][],
  sections: readonly Section[],
  deletes: readonly Delete[] = [],
) => Buffer.from(neuter(checkUpdate(forge(sections, deletes), new UpdateScan()), new Map(known)))

const forged = (sections: readonly Section[], deletes: readonly Delete[]) =>
  Buffer.from(forge(sections, deletes))

const deleted = (length: number, place: Partial<Struct> = {}): Struct => ({
  is: 'deleted',
  length,
  ...place,
})

describe('a neutered update', () => {
  test('[K19] keeps ids, lengths, origins, parents and keys, and deletes all content', () => {
    const structs: Struct[] = [
      { is: 'text', length: 300 },
      { is: 'type', parent: [9, 4], key: 'key' },
      { is: 'text', length: 2, origin: [7, 299], right: [9, 1] },
      { is: 'json', length: 1, right: [7, 5], key: 'k' },
      { is: 'deleted', length: 4 },
    ]
    expect(
      neutered(
        [],
        [{ client: 7, clock: 0, structs }],
        [
          [7, 3, 2],
          [2, 0, 1],
        ],
      ),
    ).toEqual(
      forged(
        [
          {
            client: 7,
            clock: 0,
            structs: [
              deleted(300),
              deleted(1, { parent: [9, 4], key: 'key' }),
              deleted(2, { origin: [7, 299], right: [9, 1] }),
              deleted(1, { right: [7, 5], key: 'k' }),
              deleted(4),
            ],
          },
        ],
        [
          [7, 0, 308],
          [2, 0, 1],
        ],
      ),
    )
  })

  test('[K19] leaves GCs and Skips as they are', () => {
    const section: Section = {
      client: 7,
      clock: 0,
      structs: [
        { is: 'skip', length: 5 },
        { is: 'gc', length: 2 },
      ],
    }
    expect(neutered([[7, 5]], [section])).toEqual(forged([section], [[7, 5, 2]]))
  })

  test('[K19] deletes nothing that was known before', () => {
    const text = (length: number): Struct => ({ is: 'text', length })
    const structs = [text(2), text(4), text(1)]
    expect(
      neutered(
        [[7, 4]],
        [
          { client: 7, clock: 1, structs },
          { client: 6, clock: 0, structs: [text(1)] },
        ],
      ),
    ).toEqual(
      forged(
        [
          { client: 7, clock: 1, structs: [deleted(2), deleted(4), deleted(1)] },
          { client: 6, clock: 0, structs: [deleted(1)] },
        ],
        [
          [7, 4, 4],
          [6, 0, 1],
        ],
      ),
    )
  })
})
