import * as Y from 'yjs'
import { DEFAULT_TENANT, entityId, entityRef } from '../../src/core/ids.ts'
import { ORIGIN } from '../../src/core/position.ts'
import { openNode } from './redis-store.ts'

/** What Redis alone has of an entity, as a document; `null` while it cannot be read whole. */
export async function coldRead(url: string, id: string): Promise<Y.Doc | null> {
  const { key } = entityRef(DEFAULT_TENANT, entityId(id))
  const node = await openNode(url)
  try {
    const snapshot = await node.snapshots.load(key)
    const read = await node.log.read(key, snapshot?.position ?? ORIGIN)
    if (read.is === 'reset' || read.skipped.length > 0) return null
    const doc = new Y.Doc()
    doc.transact(() => {
      if (snapshot !== null) Y.applyUpdate(doc, snapshot.update)
      for (const { update } of read.entries) Y.applyUpdate(doc, update)
    })
    const isWhole = doc.store.pendingStructs === null && doc.store.pendingDs === null
    return isWhole ? doc : null
  } finally {
    await node.close()
  }
}
