import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { hex } from '../support/hex.ts'
import { forgedIn, shown } from './long/shown.ts'

/** Each by its own client: `x` under the key `k` of the root `m`, `bcd` behind it, `y` under `k`, a delete of `c`. */
const SET = hex('01 01 07 00 24 01 01 6d 01 6b 01 78 00')
const BEHIND = hex('01 01 07 01 84 07 00 03 62 63 64 00')
const OTHER = hex('01 01 09 00 24 01 01 6d 01 6b 01 79 00')
const CUT = hex('00 01 07 01 02 01')

const replica = (updates: readonly Uint8Array[], gc = true): Y.Doc => {
  const doc = new Y.Doc({ gc })
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

test('what was forged under a key makes copies differ in Yjs itself, and is left out with nothing else', () => {
  const one = replica([SET, BEHIND, OTHER, CUT])
  const other = replica([SET, BEHIND, CUT, OTHER])
  expect(shown(one)).not.toEqual(shown(other))
  const forged = forgedIn(replica([SET, BEHIND, OTHER, CUT], false))
  expect(shown(one, forged)).toEqual(shown(other, forged))

  one.getMap('m').set('another', 1)
  const { client } = (one.getMap('m')._map.get('another') as Y.Item).id
  Y.applyUpdate(other, Y.encodeStateAsUpdate(one))
  expect(shown(one, forged)).toEqual(shown(other, forged))
  other.getMap('m').delete('another')
  expect(shown(one, forged)).not.toEqual(shown(other, forged))
  expect(forged.idsOf(client)).not.toContainEqual(expect.objectContaining({ clock: 0 }))
})

test('values that were replaced under a key are not forged', () => {
  const doc = new Y.Doc({ gc: false })
  for (let n = 0; n < 3; n++) doc.getMap('m').set('k', `value ${n}`)
  doc.getMap('m').set('t', new Y.Text('several characters'))
  const map = doc.share.get('m') as never
  for (const key of ['k', 't']) expect(forgedIn(doc).hasKey(map, key)).toBe(false)
})
