import * as Y from 'yjs'
import type { Access, Admission } from '../../src/access/access.ts'
import { TributaryError } from '../../src/core/errors.ts'
import { DEFAULT_TENANT, entityId, entityRef } from '../../src/core/ids.ts'
import type { FakeSocket } from './tributary-stage.ts'

export function author(clientID = 1) {
  const doc = new Y.Doc()
  doc.clientID = clientID
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  return {
    doc,
    updates,
    write(text: string): Uint8Array {
      doc.getText('text').insert(doc.getText('text').length, text)
      return updates.at(-1) as Uint8Array
    },
  }
}

/** What came on a channel, in a document. */
export function docOf(socket: FakeSocket, channel: number): Y.Doc {
  const doc = new Y.Doc()
  let parts: Uint8Array[] = []
  for (const message of socket.said) {
    if (!('channel' in message) || message.channel !== channel) continue
    if (message.is === 'part') parts.push(message.bytes)
    else if (message.is === 'update' || message.is === 'synced') {
      Y.applyUpdate(doc, Buffer.concat([...parts, message.update]))
      parts = []
    }
  }
  return doc
}
export const textOf = (doc: Y.Doc) => doc.getText('text').toString()
export const NOTHING = Uint8Array.of(0, 0)
export const REF_A = entityRef(DEFAULT_TENANT, entityId('a')).key
export const MALFORMED = Uint8Array.of(9, 9, 9)

/** Tokens that are let in when a test says so. */
export function gate() {
  const admissions = new Map<string, Partial<Admission>>()
  const waiting: (() => void)[] = []
  const access: Access = {
    open: false,
    warnings: [],
    close() {},
    admit: async (token) => {
      const found = () => admissions.get(token ?? '')
      if (found() === undefined && token !== 'bad') {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
      if (token === 'bad') throw new TributaryError('unauthenticated', 'No.')
      return { actor: 'ann', tenant: DEFAULT_TENANT, may: 'write', expiresAt: null, ...found() }
    },
  }
  return {
    access,
    admit(token: string, admission: Partial<Admission>) {
      admissions.set(token, admission)
      for (const go of waiting.splice(0)) go()
    },
  }
}
