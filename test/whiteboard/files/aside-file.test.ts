import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { asideFile } from '../../../client/whiteboard/files/aside-file.ts'

test('[B74] changes that were not taken are a file that can be applied', () => {
  const doc = new Y.Doc()
  doc.getText().insert(0, 'long '.repeat(20_000))
  const update = Y.encodeStateAsUpdate(doc)
  const aside = { id: 1, update, code: 'too-large', reason: 'it is too large', at: 0 }
  const { changes } = JSON.parse(asideFile([aside, aside]))
  expect(changes).toHaveLength(2)
  expect(changes[0]).toMatchObject({
    at: '1970-01-01T00:00:00.000Z',
    code: 'too-large',
    reason: 'it is too large',
  })
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Buffer.from(changes[1].update, 'base64'))
  expect(copy.getText().toString()).toBe(doc.getText().toString())
})
