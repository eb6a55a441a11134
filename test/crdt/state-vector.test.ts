import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { decodeStateVector, encodeStateVector } from '../../src/crdt/state-vector.ts'
import { hex } from '../support/hex.ts'
import { uint } from './literals.ts'

const refuses = (bytes: Uint8Array, reason: string) =>
  expect(() => decodeStateVector(bytes)).toThrow(
    expect.objectContaining({
      code: 'malformed',
      message: expect.stringContaining(reason) as string,
    }) as Error,
  )

describe('state vectors', () => {
  test('[C21] are what Yjs makes of them', () => {
    const vector = new Map([
      [7, 3],
      [2 ** 32, 2 ** 31 - 1],
      [Number.MAX_SAFE_INTEGER, 1],
    ])
    const bytes = encodeStateVector(vector)
    expect(decodeStateVector(bytes)).toEqual(vector)
    expect(Y.decodeStateVector(bytes)).toEqual(vector)
    const doc = new Y.Doc()
    doc.getText('t').insert(0, 'abc')
    expect(encodeStateVector(decodeStateVector(Y.encodeStateVector(doc)))).toEqual(
      Y.encodeStateVector(doc),
    )
    expect(encodeStateVector(new Map())).toEqual(hex('00'))
  })

  test('[C21] are written by falling client id', () => {
    const vector = new Map([
      [1, 5],
      [3, 6],
      [2, 7],
    ])
    expect(encodeStateVector(vector)).toEqual(hex('03 03 06 02 07 01 05'))
  })

  test('[C21] a clock of 0 makes no entry', () => {
    expect(decodeStateVector(hex('02 07 00 08 01'))).toEqual(new Map([[8, 1]]))
  })

  test('[C21] what is not in order is refused', () => {
    refuses(hex(''), 'the bytes end')
    refuses(hex('01 07'), 'a count is beyond the bytes left')
    refuses(hex('01 07 ff'), 'the bytes end')
    refuses(hex('01 07 01 00'), 'bytes are left over')
    refuses(hex('ffffff0f 07 01'), 'a count is beyond the bytes left')
    refuses(hex('02 07 01 07 02'), 'a client is named twice')
    refuses(hex('02 07 00 07 00'), 'a client is named twice')
    refuses(hex('01 8700 01'), 'a number is longer than it need be')
    refuses(hex(`01 07 ${uint(2 ** 31)}`), 'a clock is beyond 2^31')
    refuses(hex(`01 ${uint(2 ** 53)} 01`), 'a number is beyond 2^53')
  })

  test('[C21] more clients than an entity has are refused before they are read', () => {
    const clients = 2 ** 20 + 1
    const bytes = new Uint8Array(2 * clients + 8)
    bytes.set(hex(uint(clients)))
    refuses(bytes, 'more clients than any entity has')
  })
})
