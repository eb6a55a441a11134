import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { canonicalForm } from '../../src/crdt/canonical.ts'
import { checkUpdate } from '../../src/crdt/check.ts'
import { Knowledge } from '../../src/crdt/knowledge.ts'
import { hex } from '../support/hex.ts'

/** Takes each update in turn, and gives what was taken of it. */
function takeAll(...updates: Uint8Array[]): Uint8Array[] {
  const knowledge = new Knowledge()
  return updates.flatMap((bytes) => {
    const { update } = knowledge.take(checkUpdate(bytes))
    if (update === null) return []
    knowledge.learn(checkUpdate(update))
    return [update]
  })
}

/** What a client sends for a first edit, and for all of it when a second one has made it one struct. */
function grown(first: (doc: Y.Doc) => void, second: (doc: Y.Doc) => void) {
  const doc = new Y.Doc()
  doc.clientID = 7
  first(doc)
  const early = Y.encodeStateAsUpdate(doc)
  second(doc)
  return { early, whole: Y.encodeStateAsUpdate(doc), doc }
}

describe('a struct that is half known', () => {
  const text = (value: string) => (doc: Y.Doc) => {
    const shared = doc.getText('x')
    shared.insert(shared.length, value)
  }
  const list =
    (...values: unknown[]) =>
    (doc: Y.Doc) =>
      doc.getArray('x').push(values as [])
  test.each([
    ['a text', text('ab'), text('cde')],
    ['a text of two, three and four bytes', text('é日'), text('🪣é日a')],
    ['a list of values', list(1, 'two'), list({ three: [3] }, null, 5.5)],
    [
      'a deleted text',
      text('ab'),
      (doc: Y.Doc) => {
        text('cde')(doc)
        doc.getText('x').delete(0, 5)
      },
    ],
    [
      'a text between others',
      (doc: Y.Doc) => {
        text('<>')(doc)
        doc.getText('x').insert(1, 'ab')
      },
      (doc: Y.Doc) => doc.getText('x').insert(3, 'cd'),
    ],
  ])('[K5] %s: the new half is taken, as Yjs would send it', (_, first, second) => {
    const { early, whole, doc } = grown(first, second)
    const taken = takeAll(early, whole)
    expect(taken).toHaveLength(2)
    const reader = new Y.Doc()
    for (const update of taken) Y.applyUpdate(reader, update)
    expect(canonicalForm(Y.encodeStateAsUpdate(reader))).toEqual(
      canonicalForm(Y.encodeStateAsUpdate(doc)),
    )
  })

  test('[K5] a pair that is cut in two leaves U+FFFD, and the length is right', () => {
    // One clock of a pair: only a forged update splits it.
    const taken = takeAll(
      hex('01 01 07 00 00 01 00'),
      hex('01 01 07 00 04 01 01 78 06 f0 9f aa a3 61 62 00'),
    )
    const scan = checkUpdate(taken[1] as Uint8Array)
    expect([scan.clock[0], scan.length[0]]).toEqual([1, 3])
    expect(new TextDecoder().decode(taken[1])).toContain('\ufffdab')
  })

  test('[K5] behind a collected clock it does not throw in anyone’s document', () => {
    const collected = hex('01 01 07 00 00 02 00')
    const whole = hex('01 01 07 00 04 01 01 78 05 61 62 63 64 65 00')
    const victim = new Y.Doc()
    Y.applyUpdate(victim, collected)
    expect(() => Y.applyUpdate(victim, whole)).toThrow()

    const doc = new Y.Doc()
    for (const update of takeAll(collected, whole)) Y.applyUpdate(doc, update)
    expect(doc.store.pendingStructs).toBeNull()
    doc.getText('x').insert(0, 'alive')
    expect(doc.getText('x').toString()).toBe('alive')
  })
})
