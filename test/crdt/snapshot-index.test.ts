import { describe, expect, test } from 'vitest'
import { checkUpdate } from '../../src/crdt/check.ts'
import { UpdateScan } from '../../src/crdt/scan.ts'
import { SnapshotIndex } from '../../src/crdt/snapshot-index.ts'
import { StructWalk } from '../../src/crdt/struct-walk.ts'
import { forge, type Struct } from '../support/forge.ts'
import { hex } from '../support/hex.ts'
import { Editor, forSeeds } from '../support/sessions.ts'

const scanOf = (bytes: Uint8Array) => checkUpdate(bytes, new UpdateScan())

/** Sections of 1, 64, 65 and 200 structs of several lengths. */
function someScan(): UpdateScan {
  const structs = (count: number): Struct[] =>
    Array.from({ length: count }, (_, i) => ({ is: 'text', length: 1 + (i % 200) }))
  const sections = [200, 65, 64, 1].map((count, i) => ({
    client: 2 ** 40 - i,
    clock: 0,
    structs: structs(count),
  }))
  return scanOf(forge(sections, [[7, 1, 1]]))
}

describe('the sparse index of a snapshot', () => {
  test('[K12] marks every 64th struct, and tells where each section ends', () => {
    const scan = someScan()
    const index = SnapshotIndex.decode(SnapshotIndex.of(scan).encode())
    expect([index.sections, index.deletesAt]).toEqual([scan.sections, scan.deletesAt])
    for (let section = 0; section < scan.sections; section++) {
      const from = scan.sectionFrom[section] as number
      const to = scan.sectionTo(section)
      expect(index.client(section)).toBe(scan.sectionClient[section])
      expect(index.structs(section)).toBe(to - from)
      expect(index.end(section)).toBe(scan.sectionEnd(section))
      for (let row = from; row < to; row++) {
        const marked = row - ((row - from) % 64)
        const mark = {
          struct: marked - from,
          clock: scan.clock[marked],
          at: scan.at[marked],
        }
        expect(index.markAtClock(section, scan.clock[row] as number)).toEqual(mark)
        expect(index.markAtByte(section, scan.at[row] as number)).toEqual(mark)
      }
    }
  })

  test('[K12] takes less than a hundredth of the bytes of a snapshot', () => {
    forSeeds(1, (random) => {
      const editor = new Editor(random)
      for (let i = 0; i < 1000; i++) editor.edit(random)
      const snapshot = editor.answer()
      const index = SnapshotIndex.of(scanOf(snapshot)).encode()
      expect(index.length).toBeLessThan(snapshot.length / 100)
      editor.close()
    })
  })

  test('[K12] of an empty snapshot is two bytes', () => {
    const index = SnapshotIndex.of(scanOf(hex('00 00')))
    expect([...index.encode()]).toEqual([0, 1])
    expect(SnapshotIndex.decode(hex('00 01'))).toMatchObject({ sections: 0, deletesAt: 1 })
  })

  test.each([
    ['nothing', ''],
    ['a byte left over', '00 01 00'],
    ['a section of no structs', '01 05 00 07'],
    ['fewer marks than structs', '01 05 41 00 04 09'],
    ['more sections than bytes', '7f 05 01 00 04 09'],
    ['a mark behind the structs', '01 05 01 00 0a 09'],
  ])('[K12] %s is refused', (_, bytes) => {
    expect(() => SnapshotIndex.decode(hex(bytes))).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    )
  })
})

describe('walking over structs', () => {
  test('[K12] a struct of every kind that Yjs writes no more is passed too', () => {
    const structs: Struct[] = [
      { is: 'json', length: 3 },
      { is: 'gc', length: 300 },
      { is: 'deleted', length: 2, origin: [5, 1] },
      { is: 'type', parent: [5, 0], key: 'k' },
      { is: 'skip', length: 9 },
      { is: 'text', length: 4, right: [5, 2] },
    ]
    const scan = scanOf(forge([{ client: 5, clock: 0, structs }]))
    const walk = new StructWalk(scan.bytes, scan.at[0] as number, 0)
    for (const _ of structs) walk.step()
    expect([walk.at, walk.clock]).toEqual([scan.deletesAt, 319])
  })

  test('[K12] bytes that are no struct are refused', () => {
    expect(() => new StructWalk(hex('1f 00'), 0, 0).step()).toThrow(
      expect.objectContaining({ code: 'malformed' }),
    )
  })

  test('[K12] every struct is found where the checker saw it, with all kinds of content', () => {
    forSeeds(60, (random) => {
      const editor = new Editor(random, { gc: random.chance(0.5) })
      for (let i = 0; i < 60; i++) editor.edit(random)
      const scan = scanOf(editor.answer())
      for (let section = 0; section < scan.sections; section++) {
        const from = scan.sectionFrom[section] as number
        const walk = new StructWalk(scan.bytes, scan.at[from] as number, scan.clock[from] as number)
        for (let row = from; row < scan.sectionTo(section); row++) {
          expect([walk.at, walk.clock]).toEqual([scan.at[row], scan.clock[row]])
          walk.step()
        }
        expect(walk.at).toBe(scan.sectionEnd(section))
      }
      editor.close()
    })
  })
})
