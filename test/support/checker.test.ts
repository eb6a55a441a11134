import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { Checker, canonical, equalityFaults } from './checker.ts'

/** Two marks of ann, one of them removed, all of it acknowledged. */
function recorded(): Checker {
  const checker = new Checker()
  for (const mark of ['ann-0', 'ann-1']) {
    checker.wrote('ann', mark)
    checker.wasAcked(mark)
  }
  checker.removed('ann-1')
  checker.removalWasAcked('ann-1')
  checker.wrote('bob', 'bob-0')
  return checker
}

describe('what the checker of the fault tests finds', () => {
  test('[Y7] nothing where all is well, with or without what was never acknowledged', () => {
    expect(recorded().contentFaults('x', ['ann-0'])).toEqual([])
    expect(recorded().contentFaults('x', ['ann-0', 'bob-0'])).toEqual([])
  })

  test('[Y7] C1: an acknowledged mark that is missing', () => {
    expect(recorded().contentFaults('x', [])).toEqual(['[C1] x lost ann-0'])
    expect(recorded().contentFaults('x', [], () => false)).toEqual([])
  })

  test('[Y7] C3: a mark that nobody wrote, and one that is there twice', () => {
    expect(recorded().contentFaults('x', ['ann-0', 'eve-0'])).toEqual([
      '[C3] x holds eve-0, which nobody wrote',
    ])
    expect(recorded().contentFaults('x', ['ann-0', 'ann-0'])).toEqual(['[C3] x holds ann-0 twice'])
  })

  test('[Y7] C4: an acknowledged removal that is undone', () => {
    expect(recorded().contentFaults('x', ['ann-0', 'ann-1'])).toEqual(['[C4] in x ann-1 is back'])
  })

  test('[Y7] C5: an own acknowledged mark that its writer cannot read', () => {
    expect(recorded().ownFaults('ann', [])).toEqual(['[C5] ann cannot read its own ann-0'])
    expect(recorded().ownFaults('bob', [])).toEqual([])
  })

  test('[Y7] C2: replicas that differ, also by deletes alone, and one that waits', () => {
    const one = new Y.Doc()
    one.getText().insert(0, 'a text')
    const two = new Y.Doc()
    Y.applyUpdate(two, Y.encodeStateAsUpdate(one))
    const pair = [
      { name: 'one', doc: one },
      { name: 'two', doc: two },
    ]
    expect(equalityFaults(pair)).toEqual([])
    const updates: Uint8Array[] = []
    one.on('update', (bytes: Uint8Array) => updates.push(bytes))
    one.getText().delete(0, 2)
    expect(Y.encodeStateVector(one)).toEqual(Y.encodeStateVector(two))
    expect(equalityFaults(pair)).toEqual(['[C2] two differs from one'])
    one.getText().insert(0, 'x')
    one.getText().insert(1, 'y')
    Y.applyUpdate(two, updates[2] as Uint8Array)
    expect(equalityFaults(pair)).toContain('[C2] two waits for more')
  })

  test('[Y7] C2: replicas that collected garbage differently are equal', () => {
    const kept = new Y.Doc({ gc: false })
    kept.getText().insert(0, 'a longer text')
    kept.getText().delete(2, 7)
    const collected = new Y.Doc()
    Y.applyUpdate(collected, Y.encodeStateAsUpdate(kept))
    expect(Y.encodeStateAsUpdate(kept)).not.toEqual(Y.encodeStateAsUpdate(collected))
    expect(canonical(kept).equals(canonical(collected))).toBe(true)
  })
})
