import * as Y from 'yjs'

/** A document whose updates are collected. */
export function author(clientID: number) {
  const doc = new Y.Doc()
  doc.clientID = clientID
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const change = (work: (text: Y.Text) => void): Uint8Array => {
    work(doc.getText('t'))
    return updates.at(-1) as Uint8Array
  }
  return { doc, updates, change, write: (text: string) => change((t) => t.insert(0, text)) }
}

/** Loads updates; fails when something in them waits for what is not there. */
export function textOf(updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
    throw new Error('something waits for what is not there')
  }
  return doc.getText('t').toString()
}
