import { describe, expect, test } from 'vitest'
import { checkUpdate } from '../../src/crdt/check.ts'
import { UpdateScan } from '../../src/crdt/scan.ts'
import { holdsAny } from '../../src/crdt/tombstone.ts'
import { type Delete, forge, type Section, type Struct } from '../support/forge.ts'

const letter: Struct = { is: 'text', length: 1 }
const skip = (length: number): Struct => ({ is: 'skip', length })

const holds = (sections: readonly Section[], deletes: readonly Delete[] = []) =>
  holdsAny(checkUpdate(forge(sections, deletes), new UpdateScan()), new Map([[7, 3]]))

describe('what was removed', () => {
  test('[K20] is found in an update by its client and a clock below the removed one', () => {
    expect(holds([{ client: 7, clock: 0, structs: [letter] }])).toBe(true)
    expect(holds([{ client: 7, clock: 2, structs: [letter, letter] }])).toBe(true)
    expect(
      holds([
        { client: 9, clock: 0, structs: [letter] },
        { client: 7, clock: 2, structs: [letter] },
      ]),
    ).toBe(true)
    expect(holds([{ client: 7, clock: 0, structs: [skip(2), letter] }])).toBe(true)
  })

  test('[K20] is not what comes after it, is skipped, deleted, or of another client', () => {
    expect(holds([{ client: 7, clock: 3, structs: [letter] }])).toBe(false)
    expect(holds([{ client: 7, clock: 0, structs: [skip(3), letter] }])).toBe(false)
    expect(holds([{ client: 8, clock: 0, structs: [letter] }])).toBe(false)
    expect(holds([], [[7, 0, 3]])).toBe(false)
  })
})
