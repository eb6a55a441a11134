import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { hex } from '../support/hex.ts'
import { Seeded, seedOfRun } from '../support/seeded.ts'
import { T, uint } from './literals.ts'
import { accepts } from './verdicts.ts'

describe('deletes and order', () => {
  test('[C19] sections and deletes are put by falling client id', () => {
    const low = `01 07 00 04 ${T} 01 61`
    const high = `01 08 00 04 ${T} 01 62`
    const sound = hex(`02 ${high} ${low} 02 08 01 00 01 07 01 00 01`)
    expect(accepts(hex(`02 ${high} ${low} 02 08 01 00 01 07 01 00 01`))).toEqual(sound)
    expect(accepts(hex(`02 ${low} ${high} 02 08 01 00 01 07 01 00 01`))).toEqual(sound)
    expect(accepts(hex(`02 ${high} ${low} 02 07 01 00 01 08 01 00 01`))).toEqual(sound)
  })

  test('[C19] an update in order is passed on as it is, without a copy', () => {
    const update = hex(`01 01 07 00 04 ${T} 01 61 01 07 02 00 01 02 01`)
    expect(checkUpdate(update).bytes).toBe(update)
  })

  test('[C19] why in order: of sections that rise, mergeUpdates loses some', () => {
    const section = (client: string) => `02 ${client} 00 04 ${T} 01 61 84 ${client} 00 01 62`
    const rising = hex(`02 ${section('01')} ${section('02')} 00`)
    const other = hex('01 01 02 02 84 02 01 01 63 00')
    const merged = (update: Uint8Array) => {
      const doc = new Y.Doc()
      Y.applyUpdate(doc, Y.mergeUpdates([update, other]))
      return doc.getText('t').toString()
    }
    expect(merged(rising)).toBe('ab')
    expect(merged(accepts(rising))).toBe('ababc')
  })

  test('[C19] ranges are put in order, apart, none empty', () => {
    expect(accepts(hex('00 01 07 03 05 02 00 01 07 01'))).toEqual(hex('00 01 07 02 00 01 05 03'))
    expect(accepts(hex('00 01 07 02 00 03 01 01'))).toEqual(hex('000107010003'))
    expect(accepts(hex('00 01 07 02 00 03 01 05'))).toEqual(hex('000107010006'))
    expect(accepts(hex('00 01 07 02 00 03 03 01'))).toEqual(hex('00 01 07 01 00 04'))
    // As yrs 0.18 wrote it. Yjs throws at such a delete.
    expect(() => Y.applyUpdate(new Y.Doc(), hex('00 01 07 01 00 00'))).toThrow()
    expect(accepts(hex('00 01 99f6878f0e 02 13 00 14 02'))).toEqual(hex('000199f6878f0e011402'))
    expect(accepts(hex('00 02 08 01 00 00 07 01 00 01'))).toEqual(hex('000107010001'))
    expect(accepts(hex('00 01 07 01 05 00'))).toEqual(hex('0000'))
    expect(accepts(hex('00 01 07 00'))).toEqual(hex('00 01 07 00'))
  })

  test('[C19] deletes of a client that come in two places are put together', () => {
    expect(accepts(hex('00 02 07 01 00 01 07 01 01 01'))).toEqual(hex('00 01 07 01 00 02'))
    expect(accepts(hex('00 03 07 01 05 01 09 01 01 01 07 01 02 01'))).toEqual(
      hex('00 02 09 01 01 01 07 02 02 01 05 01'),
    )
  })

  test('[C19] any order of any ids, against a plain sort', () => {
    const random = new Seeded(seedOfRun())
    for (let round = 0; round < 200; round++) {
      const ranges = Array.from({ length: random.int(1, 40) }, () => ({
        client: random.pick([0, 1, 255, 256, 2 ** 32, 2 ** 53 - 1]),
        clock: random.int(0, 70_000),
        length: random.int(0, 300),
      }))
      const update = ranges.map((r) => `${uint(r.client)} 01 ${uint(r.clock)} ${uint(r.length)}`)
      const scan = checkUpdate(hex(`00 ${uint(ranges.length)} ${update.join('')}`))
      const expected: { client: number; clock: number; length: number }[] = []
      for (const range of ranges.sort((a, b) => b.client - a.client || a.clock - b.clock)) {
        const last = expected.at(-1)
        if (range.length === 0) continue
        if (last?.client !== range.client || last.clock + last.length < range.clock) {
          expected.push({ ...range })
        } else last.length = Math.max(last.length, range.clock + range.length - last.clock)
      }
      const found = expected.map((_, row) => ({
        client: scan.deleteClient[row],
        clock: scan.deleteClock[row],
        length: scan.deleteLength[row],
      }))
      expect(found, `SEED=${random.seed}`).toEqual(expected)
      expect(scan.deletes).toBe(expected.length)
    }
  })
})
