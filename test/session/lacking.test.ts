import { beforeEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { compactUpdates } from '../../src/crdt/canonical.ts'
import type { OpenSnapshot } from '../../src/crdt/slices.ts'
import { SnapshotIndex } from '../../src/crdt/snapshot-index.ts'
import { decodeStateVector } from '../../src/crdt/state-vector.ts'
import { lacking } from '../../src/session/lacking.ts'

/** The limit stands for 8 MB. */
const cut = vi.hoisted(() => ({ limit: 150, pieces: 0, failsAt: Number.POSITIVE_INFINITY }))

vi.mock('../../src/crdt/pieces.ts', async (importOriginal) => {
  const real = await importOriginal<typeof import('../../src/crdt/pieces.ts')>()
  return {
    ...real,
    PIECE_BYTES: cut.limit,
    *piecesFor(...[snapshot, have]: Parameters<typeof real.piecesFor>) {
      for (const piece of real.piecesFor(snapshot, have, cut.limit)) {
        if (++cut.pieces === cut.failsAt) throw new Error('a piece cannot be cut')
        yield piece
      }
    },
  }
})

const NOBODY = new Map<number, number>()
const CLIENT = 7

function largeSnapshot(): OpenSnapshot {
  const doc = new Y.Doc()
  doc.clientID = CLIENT
  const text = doc.getText('t')
  for (let i = 0; i < 100; i++) text.insert(0, `${i} `)
  const { update, stateVector, index } = compactUpdates(null, [Y.encodeStateAsUpdate(doc)], {
    gc: true,
  })
  return {
    update,
    stateVector: decodeStateVector(stateVector),
    index: SnapshotIndex.decode(index),
  }
}

describe('the pieces of a large snapshot', () => {
  beforeEach(() => {
    cut.pieces = 0
    cut.failsAt = Number.POSITIVE_INFINITY
  })

  test('[S3] are cut once, when they are first asked for, and the same for all who have nothing', () => {
    const snapshot = largeSnapshot()
    const slow = lacking(snapshot, NOBODY)
    const first = slow.next().value
    expect(cut.pieces).toBe(1)
    const fast = [...lacking(snapshot, new Map([[99, 5]]))]
    const count = cut.pieces
    expect(count).toBeGreaterThan(2)
    expect(fast).toHaveLength(count)
    for (const [i, piece] of [first, ...slow].entries()) expect(piece).toBe(fast[i])
    expect(cut.pieces).toBe(count)
    const doc = new Y.Doc()
    for (const piece of fast) Y.applyUpdate(doc, piece)
    expect(Y.encodeStateVector(doc)).toEqual(Y.encodeStateVectorFromUpdate(snapshot.update))
  })

  test('[S3] are its own for a client that has a part', () => {
    const snapshot = largeSnapshot()
    const [whole] = lacking(snapshot, NOBODY)
    const [part] = lacking(snapshot, new Map([[CLIENT, 5]]))
    expect(part).not.toEqual(whole)
  })

  test('[S3] end for nobody at a piece that cannot be cut', () => {
    const snapshot = largeSnapshot()
    cut.failsAt = 2
    for (let i = 0; i < 2; i++) {
      expect(() => [...lacking(snapshot, NOBODY)]).toThrow('a piece cannot be cut')
    }
  })
})
