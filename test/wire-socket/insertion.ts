import * as Y from 'yjs'
import { update } from '../support/frames.ts'

/** What a fresh author's insertion of `text` into the list looks like on the wire. */
export function insertion(text: string, clientID?: number): Uint8Array {
  const doc = new Y.Doc()
  if (clientID !== undefined) doc.clientID = clientID
  doc.getArray('list').push([text])
  return update(Y.encodeStateAsUpdate(doc))
}
