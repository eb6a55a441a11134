// One stock client in a process of its own, so that a test can kill it as a machine dies.
//
//   node lone-client.mjs VERSION DOOR ENTITY NAME
//
// Says `present <client id>` once it is synced and its presence `{ name }` is set; then lives on.

import { WebSocket } from 'ws'
import * as Y from 'yjs'

const packages = { '1.5.4': 'y-websocket-1', '2.1.0': 'y-websocket-2', '3.1.0': 'y-websocket' }
const [version, door, entity, name] =
  /** @type {[keyof typeof packages, string, string, string]} */ (process.argv.slice(2))
/** @type {typeof import('y-websocket')} */
const { WebsocketProvider } = await import(packages[version])

const doc = new Y.Doc()
const provider = new WebsocketProvider(door, entity, doc, {
  disableBc: true,
  WebSocketPolyfill: /** @type {any} */ (WebSocket),
})
provider.awareness.setLocalState({ name })
provider.on('sync', (/** @type {boolean} */ synced) => {
  if (synced) console.log(`present ${doc.clientID}`)
})
