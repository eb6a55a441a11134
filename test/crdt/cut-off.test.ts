import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { checkUpdate } from '../../src/crdt/check.ts'
import { CutOff } from '../../src/crdt/cut-off.ts'
import { Knowledge } from '../../src/crdt/knowledge.ts'

function someDoc(client: number): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = client
  return doc
}

const updateOf = (doc: Y.Doc, since?: Uint8Array) => Y.encodeStateAsUpdate(doc, since)

test('[S16] it is known when all clocks and all deletes are', () => {
  const doc = someDoc(1)
  doc.getText().insert(0, 'one')
  const first = updateOf(doc)
  const since = Y.encodeStateVector(doc)
  doc.getText().insert(3, 'two')
  const second = updateOf(doc, since)
  doc.getText().delete(0, 1)
  const deletes = updateOf(doc, Y.encodeStateVector(doc))

  const cutOff = CutOff.of(checkUpdate(second))
  cutOff.add(CutOff.of(checkUpdate(deletes)))
  const knowledge = new Knowledge()
  for (const update of [first, second, deletes]) {
    expect(cutOff.isIn(knowledge)).toBe(false)
    knowledge.learn(checkUpdate(update))
  }
  expect(cutOff.isIn(knowledge)).toBe(true)
})

test('[S16] clocks that are skipped do not have to come', () => {
  const doc = someDoc(1)
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => void updates.push(update))
  for (const word of ['one', 'two', 'three']) doc.getText().insert(0, word)
  const [first, second, third] = updates as [Uint8Array, Uint8Array, Uint8Array]
  const knowledge = new Knowledge()
  const cutOff = CutOff.of(checkUpdate(Y.mergeUpdates([first, third])))
  for (const update of [first, second]) knowledge.learn(checkUpdate(update))
  expect(cutOff.isIn(knowledge)).toBe(false)
  knowledge.learn(checkUpdate(third))
  expect(cutOff.isIn(knowledge)).toBe(true)
})
