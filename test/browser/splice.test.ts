import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { carry, carryRange, difference, type Step } from '../../client/field/splice.ts'
import { Seeded } from '../support/seeded.ts'

describe('difference', () => {
  test.each([
    ['nothing', 'same', 'same', 4, null],
    ['the first letter', '', 'a', 1, { at: 0, remove: 0, insert: 'a' }],
    ['everything gone', 'abc', '', 0, { at: 0, remove: 3, insert: '' }],
    ['a word replaced', 'one two three', 'one 2 three', 5, { at: 4, remove: 3, insert: '2' }],
    ['a paste', 'ad', 'abcd', 3, { at: 1, remove: 0, insert: 'bc' }],
    ['an edit far from the caret', 'ab cd', 'aXb cd', 6, { at: 1, remove: 0, insert: 'X' }],
    ['an edit behind the caret', 'ab cd', 'ab cXd', 0, { at: 4, remove: 0, insert: 'X' }],
  ])('[P3] %s', (_name, before, after, caret, splice) => {
    expect(difference(before, after, caret)).toEqual(splice)
  })

  test('[P3] a letter among its equals is where the caret says', () => {
    for (const at of [0, 1, 2, 3, 4]) {
      expect(difference('aaaa', 'aaaaa', at + 1)).toEqual({ at, remove: 0, insert: 'a' })
    }
    for (const at of [0, 1, 2, 3]) {
      expect(difference('aaaa', 'aaa', at)).toEqual({ at, remove: 1, insert: '' })
    }
  })

  test('[P3] emoji that share half of their surrogate pair are replaced whole', () => {
    // 😀 is d83d de00, 😁 is d83d de01; 🄀 is d83c dd00 and 🐀, by chance, d83d dc00.
    expect(difference('a😀b', 'a😁b', 3)).toEqual({ at: 1, remove: 2, insert: '😁' })
    expect(difference('😀', '😁', 0)).toEqual({ at: 0, remove: 2, insert: '😁' })
    // 𐐀 is d801 dc00 and 𐰀 is d803 dc00: the second half is shared.
    expect(difference('x𐐀y', 'x𐰀y', 3)).toEqual({ at: 1, remove: 2, insert: '𐰀' })
    expect(difference('😀😀', '😀😀😀', 2)).toEqual({ at: 0, remove: 0, insert: '😀' })
    expect(difference('😀', '😀😁', 4)).toEqual({ at: 2, remove: 0, insert: '😁' })
  })

  test('[P3] it always makes the one into the other, is minimal, and cuts no pair', () => {
    const alphabet = ['a', 'b', '😀', '😁', '𐐀', '𐰀', '\n']
    for (let seed = 0; seed < 3_000; seed += 1) {
      const random = new Seeded(seed)
      const letters = () =>
        Array.from({ length: random.int(0, 5) }, () => random.pick(alphabet)).join('')
      const head = letters()
      const old = letters()
      const fresh = letters()
      const before = head + old + letters()
      const after = head + fresh + before.slice(head.length + old.length)
      const caret = random.chance(0.5) ? head.length + fresh.length : random.int(0, after.length)
      const splice = difference(before, after, caret)
      const context = JSON.stringify({ seed, before, after, caret, splice })
      if (splice === null) {
        expect(before, context).toBe(after)
        continue
      }
      const { at, remove, insert } = splice
      expect(before.slice(0, at) + insert + before.slice(at + remove), context).toBe(after)
      // Half a pair that both have in common is counted as changed, at either end.
      expect(remove, context).toBeLessThanOrEqual(old.length + 2)
      expect(insert.length, context).toBeLessThanOrEqual(fresh.length + 2)
      for (const part of [before.slice(0, at), before.slice(at, at + remove), insert]) {
        expect(part.isWellFormed(), context).toBe(true)
      }
    }
  })
})

describe('carry', () => {
  test('[P4] a caret sticks to the letter on its left, the start of a selection to its right', () => {
    const inserted: Step[] = [{ retain: 2 }, { insert: 'XY' }]
    expect(carry(1, inserted, 'left')).toBe(1)
    expect(carry(2, inserted, 'left')).toBe(2)
    expect(carry(2, inserted, 'right')).toBe(4)
    expect(carry(3, inserted, 'left')).toBe(5)
    expect(carry(0, [{ insert: 'X' }], 'left')).toBe(0)
    expect(carry(3, [{ retain: 1 }, { delete: 4 }], 'left')).toBe(1)
    expect(carry(1, [{ insert: { picture: 1 } }], 'right')).toBe(2)
  })

  test('[P4] what others inserted inside a range is not part of it', () => {
    expect(carryRange({ from: 1, to: 4 }, [{ retain: 2 }, { insert: 'XY' }])).toEqual([
      { from: 1, to: 2 },
      { from: 4, to: 6 },
    ])
    expect(carryRange({ from: 1, to: 4 }, [{ delete: 6 }])).toEqual([])
    expect(carryRange({ from: 1, to: 1 }, [{ retain: 1 }, { insert: 'X' }])).toEqual([])
  })

  test('[P4] an edit carried over the changes of others ends where Yjs merges it', () => {
    for (let seed = 0; seed < 1_500; seed += 1) {
      const random = new Seeded(seed)
      const base = 'abcdefghijkl'.slice(0, random.int(0, 12))
      const [theirs, carried, merged] = [new Y.Doc(), new Y.Doc(), new Y.Doc()]
      const text = (doc: Y.Doc) => doc.getText('text')
      text(theirs).insert(0, base)
      for (const doc of [carried, merged]) Y.applyUpdate(doc, Y.encodeStateAsUpdate(theirs))

      const held: Step[][] = []
      text(theirs).observe((event) => held.push(event.delta))
      for (let edits = random.int(1, 4); edits > 0; edits -= 1) {
        theirs.transact(() => {
          for (let steps = random.int(1, 3); steps > 0; steps -= 1) {
            const at = random.int(0, text(theirs).length)
            const remove = random.chance(0.5) ? random.int(0, text(theirs).length - at) : 0
            text(theirs).delete(at, remove)
            text(theirs).insert(at, random.pick(['', 'X', 'YZ']))
          }
        })
      }
      const at = random.int(0, base.length)
      const remove = random.int(0, base.length - at)
      text(merged).delete(at, remove)
      text(merged).insert(at, '_')
      Y.applyUpdate(merged, Y.encodeStateAsUpdate(theirs))

      Y.applyUpdate(carried, Y.encodeStateAsUpdate(theirs))
      let where = at
      let doomed = [{ from: at, to: at + remove }]
      for (const change of held) {
        where = carry(where, change, 'left')
        doomed = doomed.flatMap((range) => carryRange(range, change))
      }
      for (const { from, to } of doomed.toReversed()) text(carried).delete(from, to - from)
      text(carried).insert(where, '_')

      const context = JSON.stringify({ seed, base, at, remove, held, where, doomed })
      const [ours, oracle] = [text(carried).toString(), text(merged).toString()]
      // Who comes first of two that insert at one spot is up to Yjs: everything else is the same.
      expect(ours.replace('_', ''), context).toBe(oracle.replace('_', ''))
      expect(ours.replace(/[XYZ]/g, ''), context).toBe(oracle.replace(/[XYZ]/g, ''))
      const left = base[at - 1]
      if (left !== undefined && ours.includes(left)) expect(ours, context).toContain(`${left}_`)
    }
  })
})
