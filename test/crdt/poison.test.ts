import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { hex } from '../support/hex.ts'
import { one, T, text, uint } from './literals.ts'

// What an update may not do, each shown to do it to Yjs, and then refused here.

const EMPTY = hex('00 00')
function load(update: Uint8Array): Y.Doc {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return doc
}
const refuses = (update: Uint8Array) =>
  expect(() => checkUpdate(update)).toThrow(expect.objectContaining({ code: 'malformed' }) as Error)

/** A document that somebody listens to, as every provider does. */
function watched(): Y.Doc {
  const doc = new Y.Doc()
  doc.on('update', () => {})
  return doc
}

/** That it is stuck: no update event will ever come again. */
const isWedged = (doc: Y.Doc): boolean => doc._transactionCleanups.length > 0

describe('poison', () => {
  test('[C9] a struct of length 0: after the next edit the state cannot be loaded', () => {
    const poison = hex('01 01 07 01 00 00 00')
    const victim = new Y.Doc()
    victim.clientID = 7
    victim.getText('t').insert(0, 'a')
    Y.applyUpdate(victim, poison)
    victim.getText('t').insert(1, 'b')
    expect(() => load(Y.encodeStateAsUpdate(victim))).toThrow(TypeError)
    refuses(poison)
  })

  test('[C19] a delete of length 0: Yjs throws, the checker cuts it out', () => {
    const poison = hex('00 01 07 01 00 00')
    expect(() => load(poison)).toThrow('Unexpected case')
    expect(checkUpdate(poison).bytes).toEqual(EMPTY)
  })

  test('[C15] JSON of 100 KB of brackets: the document is wedged', () => {
    const poison = one(`05 ${T} ${text('['.repeat(50_000) + ']'.repeat(50_000))}`)
    const doc = watched()
    expect(() => Y.applyUpdate(doc, poison)).toThrow(RangeError)
    expect(isWedged(doc)).toBe(true)
    refuses(poison)
  })

  test('[C15] a number beyond doubles: those who come later see null', () => {
    const poison = one(`02 ${T} 01 ${text('[1e999]')}`)
    const early = load(poison).getArray('t').toJSON()
    const late = load(Y.encodeStateAsUpdate(load(poison)))
      .getArray('t')
      .toJSON()
    expect([early, late]).toEqual([[[Number.POSITIVE_INFINITY]], [[null]]])
    refuses(poison)
  })

  test('[C16] a value of 40 KB of brackets overflows the stack', () => {
    const poison = one(`08 ${T} 01 ${'7501'.repeat(20_000)} 7e`)
    expect(() => load(poison)).toThrow(RangeError)
    refuses(poison)
  })

  test('[C13] 48 KB of nested types: whoever deletes the outermost is wedged', () => {
    const types = 8_000
    const inner = Array.from({ length: types - 1 }, (_, i) => `07 00 07 ${uint(i)} 00`)
    const poison = hex(`01 ${uint(types)} 07 00 07 ${T} 00 ${inner.join('')} 00`)
    const doc = watched()
    Y.applyUpdate(doc, poison)
    expect(() => doc.getArray('t').delete(0)).toThrow(RangeError)
    expect(isWedged(doc)).toBe(true)
    refuses(poison)
  })

  test('[C3] bytes left over and a cut delete set pass through Yjs', () => {
    const leftOver = hex(`01 01 07 00 04 ${T} 01 61 00 ff ff`)
    load(leftOver)
    refuses(leftOver)
    const cut = hex(`01 01 07 00 04 ${T} 01 61 01 07 01`)
    expect(Y.parseUpdateMeta(cut).to.get(7)).toBe(1)
    refuses(cut)
    expect(Y.mergeUpdates([cut])).toBe(cut)
  })

  test('[C5] a claim of 33 million structs in seven bytes', () => {
    // Not shown to Yjs: it makes an array of that length, 269 MB.
    refuses(hex('01 ffffff0f 07 00'))
  })

  test('[C3] format V2, where 25 bytes may cost 442 MB, is never decoded', () => {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'a')
    refuses(Y.encodeStateAsUpdateV2(doc))
  })

  test('[C6] clocks near 2^53 are taken by Yjs', () => {
    const poison = hex(`01 01 07 ${uint(2 ** 53 - 2)} 00 09 00`)
    load(poison)
    refuses(poison)
  })

  test('[C10] ten bytes that name their own clock: no replica can load them', () => {
    for (const struct of ['84 07 00 01 61', '44 07 00 01 61', '04 00 07 00 01 61']) {
      const poison = one(struct)
      Y.parseUpdateMeta(poison)
      Y.mergeUpdates([poison, EMPTY])
      expect(() => load(poison)).toThrow()
      refuses(poison)
    }
  })

  test('[C17] document options null take every update of a merge along', () => {
    const poison = one(`09 ${T} 01 67 7e`)
    expect(() => Y.mergeUpdates([poison, EMPTY])).toThrow(TypeError)
    refuses(poison)
  })

  test('[C17] a document guid that is no text: the state cannot be encoded', () => {
    const poison = one(`09 ${T} 01 67 76 01 ${text('guid')} 76 01 ${text('toString')} 7d01`)
    const doc = new Y.Doc()
    Y.applyUpdate(doc, poison)
    expect(() => Y.encodeStateAsUpdate(doc)).toThrow(TypeError)
    refuses(poison)
  })

  test('[C16] a byte array as a prototype: the state cannot be encoded, nor merged', () => {
    const poison = one(`08 ${T} 01 76 01 ${text('__proto__')} 74 01 00`)
    const doc = new Y.Doc()
    Y.applyUpdate(doc, poison)
    expect(() => Y.encodeStateAsUpdate(doc)).toThrow(TypeError)
    expect(() => Y.mergeUpdates([poison, EMPTY])).toThrow(TypeError)
    refuses(poison)
    refuses(one(`09 ${T} 01 67 76 01 ${text('__proto__')} 74 01 00`))
    // Any other prototype is lost in Yjs, and does no harm.
    checkUpdate(one(`08 ${T} 01 76 01 ${text('__proto__')} 76 01 ${text('a')} 74 01 00`))
  })

  test('[C7] a Skip with flags is taken by one reader and refused by the other', () => {
    const poison = one('4a 05')
    load(poison)
    expect(() => Y.decodeUpdate(poison)).toThrow('Unexpected case')
    refuses(poison)
  })

  test('[C11] a ring names nothing unknown, and is pending for ever', () => {
    const poison = hex('02 01 08 00 84 07 00 01 61 01 07 00 84 08 00 01 62 00')
    const doc = new Y.Doc()
    Y.applyUpdate(doc, poison)
    expect(doc.store.pendingStructs).not.toBeNull()
    refuses(poison)
  })

  test('[C18] two values under a key, one of them deleted: the collection of the map throws', () => {
    const poison = hex('01 02 07 00 07 01 01 6d 01 24 00 07 00 01 6b 02 6162 01 07 02 02 01 00 01')
    const doc = watched()
    expect(() => Y.applyUpdate(doc, poison)).toThrow('Unexpected case')
    expect(isWedged(doc)).toBe(true)
    // In the order in which the checker passes deletes on, it takes a second update to do it.
    const struct = hex('01 02 07 00 07 01 01 6d 01 24 00 07 00 01 6b 02 6162 01 07 01 02 01')
    const victim = watched()
    Y.applyUpdate(victim, struct)
    expect(() => victim.getMap('m')).not.toThrow()
    expect(() => Y.applyUpdate(victim, hex('00 01 07 01 00 01'))).toThrow('Unexpected case')
    refuses(poison)
    refuses(struct)
  })

  test('deletes and garbage of clocks that do not exist yet are sound: the closed test cuts them', () => {
    const deletes = checkUpdate(hex('00 01 07 01 05 03'))
    expect([deletes.deletes, deletes.deleteClock[0], deletes.deleteLength[0]]).toEqual([1, 5, 3])
    const garbage = checkUpdate(hex('01 01 07 05 00 03 00'))
    expect([garbage.structs, garbage.clock[0], garbage.length[0]]).toEqual([1, 5, 3])
  })

  test('what lies behind a view into a larger buffer is not read', () => {
    const whole = one(`04 ${T} 05 6162636465`)
    for (let length = 0; length < whole.length; length++) refuses(whole.subarray(0, length))
    refuses(Buffer.from(whole).subarray(0, 12))
  })
})
