import { expect } from 'vitest'
import * as Y from 'yjs'
import { until } from '../support/deadline.ts'
import { awareness, marker, step1, step2, update } from '../support/frames.ts'
import type { Stage } from '../support/stage.ts'

function document(): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = 77
  doc.getText('t').insert(0, 'a text, an é and a 🙂')
  doc.getMap('m').set('key', { nested: [1, 2.5, null, true, 'x'] })
  doc.getArray('a').push([new Y.Map([['deep', new Y.XmlElement('p')]])])
  doc.getText('t').delete(2, 3)
  return doc
}

/** A soundly built frame of every kind. */
export const soundFrames = (): readonly Uint8Array[] => {
  const state = Y.encodeStateAsUpdate(document())
  return [
    step1(Y.encodeStateVector(document())),
    step2(state),
    update(state),
    awareness({ client: 1, clock: 1, state: { n: 1 } }, { client: 2, clock: 9, state: null }),
    marker(300),
  ]
}

/** Somebody beside all this, who must notice nothing of it. */
export async function witnessIn(stage: Stage) {
  const id = stage.entity()
  const writer = await stage.stock('3.1.0', id).synced()
  const reader = await stage.stock('2.1.0', id).synced()
  return async () => {
    const list = writer.doc.getArray('list')
    list.push([list.length])
    await until('the witness is served', stage.deadline, () => {
      return reader.doc.getArray('list').length === list.length
    })
    expect(writer.sockets.length + reader.sockets.length).toBe(2)
  }
}
