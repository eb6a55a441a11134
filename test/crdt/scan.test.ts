import { describe, expect, test } from 'vitest'
import { checkUpdate } from '../../src/crdt/check.ts'
import { NONE, UpdateScan } from '../../src/crdt/scan.ts'
import { hex } from '../support/hex.ts'
import { uint } from './literals.ts'

describe('the scan', () => {
  test('says where everything lies', () => {
    const update = hex(`
      02
      02 08 03  84 08 02 02 6162   c4 07 00 08 00 01 63
      03 07 00  27 01 01 6d 01 6b 01   28 00 07 00 01 78 01 7d05   0a 04
      02 08 01 02 01   07 02 00 01 05 02
    `)
    const scan = checkUpdate(update, new UpdateScan())
    const column = (values: ArrayLike<number>, rows: number) => Array.from(values).slice(0, rows)
    expect(scan.bytes).toBe(update)
    expect(scan).toMatchObject({ sections: 2, structs: 5, deletes: 3, deletesAt: 38 })
    expect(column(scan.sectionClient, 2)).toEqual([8, 7])
    expect(column(scan.sectionFrom, 2)).toEqual([0, 2])
    expect(column(scan.sectionAt, 2)).toEqual([1, 17])
    expect([scan.sectionTo(0), scan.sectionTo(1)]).toEqual([2, 5])
    expect([scan.sectionEnd(0), scan.sectionEnd(1)]).toEqual([17, 38])
    expect(column(scan.at, 5)).toEqual([4, 10, 20, 27, 36])
    expect([0, 1].map((row) => scan.structEnd(0, row))).toEqual([10, 17])
    expect([2, 3, 4].map((row) => scan.structEnd(1, row))).toEqual([27, 36, 38])
    expect(column(scan.contentAt, 5)).toEqual([7, 15, 26, 33, 37])
    expect(column(scan.clock, 5)).toEqual([3, 5, 0, 1, 2])
    expect(column(scan.length, 5)).toEqual([2, 1, 1, 1, 4])
    expect(column(scan.info, 5)).toEqual([0x84, 0xc4, 0x27, 0x28, 0x0a])
    expect(column(scan.originClock, 5)).toEqual([2, 0, NONE, NONE, NONE])
    expect(column(scan.originClient, 2)).toEqual([8, 7])
    expect(column(scan.rightClock, 5)).toEqual([NONE, 0, NONE, NONE, NONE])
    expect(scan.rightClient[1]).toBe(8)
    expect(column(scan.parentClock, 5)).toEqual([NONE, NONE, NONE, 0, NONE])
    expect(scan.parentClient[3]).toBe(7)
    expect(column(scan.deleteClient, 3)).toEqual([8, 7, 7])
    expect(column(scan.deleteClock, 3)).toEqual([2, 0, 5])
    expect(column(scan.deleteLength, 3)).toEqual([1, 1, 2])
    expect([9, 8, 7, 6].map((client) => scan.sectionOf(client))).toEqual([-1, 0, 1, -1])
    expect([2, 3, 4, 5, 6].map((clock) => scan.structOf(0, clock))).toEqual([-1, 0, 0, 1, -1])
    expect(scan.deletesAll(7, 5, 2)).toBe(true)
    expect(scan.deletesAll(7, 5, 3)).toBe(false)
    expect(scan.deletesAll(7, 1, 1)).toBe(false)
    expect(scan.deletesAll(9, 0, 1)).toBe(false)
  })

  test('[C5] grows with the update, and is filled anew by the next one', () => {
    const structs = 5_000
    const update = hex(`01 ${uint(structs)} 07 00 ${'0001'.repeat(structs)} 00`)
    const scan = checkUpdate(update, new UpdateScan())
    expect([scan.structs, scan.clock[structs - 1]]).toEqual([structs, structs - 1])
    checkUpdate(hex('00 00'), scan)
    expect([scan.structs, scan.sections, scan.deletes, scan.deletesAt]).toEqual([0, 0, 0, 1])
  })
})
