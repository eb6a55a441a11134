import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { hex } from '../support/hex.ts'
import { one, T, uint } from './literals.ts'
import { accepts, refuses } from './verdicts.ts'

describe('the form of an update', () => {
  test('[C3] the empty update is one', () => {
    expect(accepts(hex('00 00'))).toEqual(hex('0000'))
  })

  test('[C3] every cut of an update is refused', () => {
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'abc', { bold: true })
    doc.getMap('m').set('k', new Y.Array())
    doc.getArray('a').push([{ deep: [1, 2n, 'x', new Uint8Array(3)] }, new Y.Doc()])
    doc.getText('t').delete(0, 1)
    const update = Y.encodeStateAsUpdate(doc)
    accepts(update)
    for (let length = 0; length < update.length; length++) {
      refuses(update.slice(0, length), '')
      // The same bytes as a view: what lies behind the view must not be read.
      refuses(update.subarray(0, length), '')
    }
  })

  test('[C3] bytes left over are refused', () => {
    refuses(hex('00 00 00'), 'bytes are left over', 2)
    refuses(hex(`01 01 07 00 04 ${T} 01 61 00 ff`), 'bytes are left over', 11)
  })

  test('[C3] format V2 is refused', () => {
    const doc = new Y.Doc()
    refuses(Y.encodeStateAsUpdateV2(doc), '')
    doc.getText('t').insert(0, 'abc')
    refuses(Y.encodeStateAsUpdateV2(doc), '')
  })

  test('[C5] counts and lengths beyond the bytes left are refused', () => {
    refuses(hex('01 00'), 'a count is beyond the bytes left', 0)
    refuses(hex(`01 ffffff0f 07 00 04 ${T} 01 61 00`), 'a count is beyond the bytes left', 1)
    refuses(one(`04 ${T} 7f 61`), 'a length is beyond the bytes left', 8)
    refuses(one(`03 ${T} 03 61`), 'a length is beyond the bytes left', 8)
    refuses(one(`08 ${T} 01 75 7f`), 'a count is beyond the bytes left', 10)
    refuses(one(`08 ${T} 01 76 7f`), 'a count is beyond the bytes left', 10)
    refuses(one(`08 ${T} ${uint(2 ** 40)} 7f`), 'a value has the tag 0')
    refuses(hex('00 01 07 ffffff0f 00 01'), 'a count is beyond the bytes left', 3)
  })

  test('[C8] a section has at least one struct', () => {
    refuses(hex('01 00 07 00 00 00'), 'a section is empty', 1)
  })

  test('[C8] a client has one section: of two, Yjs forgets the first', () => {
    const twice = hex(`02 01 07 00 04 ${T} 01 61 01 07 01 84 07 00 01 62 00`)
    const doc = new Y.Doc()
    Y.applyUpdate(doc, twice)
    expect(doc.getText('t').toString()).toBe('')
    refuses(twice, 'the client 7 has two sections')
    refuses(
      hex(`03 01 07 00 00 01 01 05 00 00 01 01 07 01 00 01 00`),
      'the client 7 has two sections',
    )
  })

  test('[C8] Skips may stand first, last, in the middle and alone', () => {
    accepts(hex('01 02 07 00 0a 05 00 01 00'))
    accepts(hex(`01 03 07 00 04 ${T} 01 61 0a 05 84 07 05 01 62 00`))
    accepts(hex(`01 02 07 00 04 ${T} 01 61 0a 05 00`))
    accepts(one('0a 05'))
    const scan = checkUpdate(hex('01 02 07 03 0a 05 00 01 00'))
    expect([...scan.clock.subarray(0, 2)]).toEqual([3, 8])
  })

  test('[C20] a refusal of a deep place names its byte', () => {
    refuses(one(`08 ${T} 02 7d01 02`), 'a value has the tag 2', 11)
  })
})

describe('numbers', () => {
  test('[C4] ids go up to 2^53 − 1 and keep all their bits', () => {
    const id = uint(Number.MAX_SAFE_INTEGER)
    const scan = checkUpdate(hex(`01 02 ${id} 00 04 ${T} 01 61 84 ${id} 00 01 62 00`))
    expect(scan.sectionClient[0]).toBe(Number.MAX_SAFE_INTEGER)
    expect(scan.originClient[1]).toBe(Number.MAX_SAFE_INTEGER)
    refuses(hex(`01 01 ${uint(2 ** 53)} 00 00 01 00`), 'a number is beyond 2^53', 2)
    refuses(hex(`01 01 ffffffffffffffffff01 00 00 01 00`), 'a number is beyond 2^53', 2)
  })

  test('[C4] a number that is longer than it need be is refused', () => {
    refuses(hex(`8100 01 07 00 00 01 00`), 'a number is longer than it need be', 0)
    refuses(hex(`01 01 8700 00 00 01 00`), 'a number is longer than it need be', 2)
    refuses(hex(`01 01 07 8000 00 01 00`), 'a number is longer than it need be', 3)
    refuses(one(`04 8100 01 74 01 61`), 'a number is longer than it need be')
    refuses(one(`07 ${T} 8000`), 'a number is longer than it need be', 8)
    refuses(hex(`01 01 07 00 00 01 8000`), 'a number is longer than it need be', 6)
  })

  test('[C4] [C16] signed numbers are minimal too, and −0 is one', () => {
    accepts(one(`08 ${T} 06 7d00 7d40 7d3f 7d7f 7d8001 7dc001`))
    accepts(one(`08 ${T} 01 7d bf ffffffffffff 1f`)) // 2^53 − 1, as yrs writes it
    refuses(one(`08 ${T} 01 7d 80 00`), 'a number is longer than it need be', 10)
    refuses(one(`08 ${T} 01 7d c0 8000`), 'a number is longer than it need be', 10)
    refuses(one(`08 ${T} 01 7d 80 808080808080 20`), 'a number is beyond 2^53', 10)
    refuses(one(`08 ${T} 01 7d 80 80808080808080 01`), 'a number is beyond 2^53', 10)
  })

  test('[C6] a clock and its length stay below 2^31', () => {
    accepts(hex(`01 01 07 ${uint(2 ** 31 - 2)} 00 01 00`))
    refuses(hex(`01 01 07 ${uint(2 ** 31 - 1)} 00 01 00`), 'a clock is beyond 2^31', 3)
    refuses(hex(`01 01 07 ${uint(2 ** 31 - 2)} 00 02 00`), 'a clock is beyond 2^31', 8)
    refuses(one(`0a ${uint(2 ** 31)}`), 'a clock is beyond 2^31', 4)
    refuses(one(`84 05 ${uint(2 ** 31 - 1)} 01 61`), 'a clock is beyond 2^31', 6)
    refuses(hex(`00 01 07 01 ${uint(2 ** 31 - 2)} 02`), 'a clock is beyond 2^31', 4)
    refuses(hex(`00 01 07 01 00 ${uint(2 ** 53 - 1)}`), 'a clock is beyond 2^31', 4)
  })
})
