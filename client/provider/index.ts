// The client, for browsers. `node/index.ts` is the same for Node.

import { type ConnectOptions as Common, connectWith, type Kept, keptUnder } from './connect.ts'
import type { Handle } from './handle/handle.ts'
import { pageSurroundings } from './handle/page-surroundings.ts'
import { IndexedDbDeviceStore } from './keep/indexed-db.ts'
import { Links } from './link/links.ts'
import { pageEnvironment } from './link/page-environment.ts'
import { openWebSocket } from './link/web-socket.ts'

export type { Tier } from '../../src/core/tier.ts'
export type { Kept } from './connect.ts'
export type { Handle, HandleEvents } from './handle/handle.ts'
export { NotSaved, type SavedOptions } from './handle/saves.ts'
export { StorageTrouble } from './keep/trouble.ts'
export type { LinkState, SaveState, Status } from './status.ts'
export type { Aside } from './store.ts'

export interface ConnectOptions extends Common {
  /** Whether to keep what is known on this device, so that a page opens offline. `true` unless told. */
  readonly offline?: boolean | undefined
}

const links = new Links({ openSocket: openWebSocket, environment: pageEnvironment })
const device = new IndexedDbDeviceStore()

/**
 * A handle on one entity of a server: a Yjs provider that keeps what it knows on this device.
 *
 * @param url The server's base, `ws:`, `wss:`, `http:` or `https:`, with the path of a proxy if there is one.
 * @throws {TypeError} when that is no address of a server.
 * @example
 * const { doc, awareness } = connect('ws://127.0.0.1:8787', 'notes/today')
 */
export function connect(
  url: string,
  entity: string,
  { offline = true, ...options }: ConnectOptions = {},
): Handle {
  const parts = {
    links,
    device: offline ? device : null,
    around: pageSurroundings(pageEnvironment),
  }
  return connectWith(parts, url, entity, options)
}

/**
 * Forgets all that is kept on this device of a server under one `keepAs`, as when somebody signs out: the
 * edits that the server has not acknowledged, and what it did not take, are gone with it.
 *
 * @throws {StorageTrouble} when one of its handles is not destroyed, in any tab: then nothing is forgotten.
 * @throws {TypeError} when `url` is no address of a server.
 * @example
 * await handle.destroy()
 * await forgetDevice({ url: 'wss://host', keepAs: 'ann' })
 */
export const forgetDevice = async (kept: Kept): Promise<void> => device.forget(keptUnder(kept))
