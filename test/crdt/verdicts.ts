import { expect } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { toHex } from '../support/hex.ts'

/** Accepts it, lets Yjs load what came out, and gives that. */
export function accepts(bytes: Uint8Array): Uint8Array {
  const sound = checkUpdate(bytes).bytes
  const doc = new Y.Doc()
  Y.applyUpdate(doc, sound)
  expect(doc._transactionCleanups).toHaveLength(0)
  Y.encodeStateAsUpdate(doc)
  return sound
}

/** Refuses it for this reason, at this byte if one is told. */
export function refuses(bytes: Uint8Array, reason: string, at?: number): void {
  const place = at === undefined ? '' : ` at byte ${at}`
  expect(() => checkUpdate(bytes), toHex(bytes)).toThrow(
    expect.objectContaining({
      code: 'malformed',
      message: expect.stringContaining(reason + place) as string,
    }) as Error,
  )
}
