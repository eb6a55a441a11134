// The client, for Node, which has no WebSocket of its own in version 20, and no IndexedDB.

import { resolve } from 'node:path'
import {
  type ConnectOptions as Common,
  type Kept as CommonKept,
  connectWith,
  keptUnder,
} from '../connect.ts'
import type { Handle } from '../handle/handle.ts'
import type { Surroundings } from '../handle/surroundings.ts'
import { MemoryDeviceStore } from '../keep/memory.ts'
import { Links } from '../link/links.ts'
import type { DeviceStore } from '../store.ts'
import { FileDeviceStore } from './file-store.ts'
import { nodeEnvironment } from './node-environment.ts'
import { openNodeSocket } from './ws-socket.ts'

export type { Tier } from '../../../src/core/tier.ts'
export type { Handle, HandleEvents } from '../handle/handle.ts'
export { NotSaved, type SavedOptions } from '../handle/saves.ts'
export { StorageTrouble } from '../keep/trouble.ts'
export type { LinkState, SaveState, Status } from '../status.ts'
export type { Aside } from '../store.ts'

export interface ConnectOptions extends Common {
  /** Whether to keep what is known for as long as the process lives. `true` unless told. */
  readonly offline?: boolean | undefined
  /**
   * A folder to keep it in instead, so that it outlives the process: it is made when missing, and an
   * entity in it is for one process at a time.
   */
  readonly folder?: string | undefined
}

export interface Kept extends CommonKept {
  /** Where it is kept, as `connect` was given it; in memory without. */
  readonly folder?: string | undefined
}

const links = new Links({ openSocket: openNodeSocket, environment: nodeEnvironment })
const memory = new MemoryDeviceStore()
const folders = new Map<string, FileDeviceStore>()
const around: Surroundings = { ...nodeEnvironment, guard: () => {} }

/**
 * A handle on one entity of a server: a Yjs provider. It keeps the process alive until it is destroyed.
 *
 * @param url The server's base, `ws:`, `wss:`, `http:` or `https:`, with the path of a proxy if there is one.
 * @throws {TypeError} when that is no address of a server.
 * @example
 * const { doc, saved, destroy } = connect('ws://127.0.0.1:8787', 'notes/today')
 * doc.getText().insert(0, 'hello')
 * await saved()
 * await destroy()
 */
export function connect(
  url: string,
  entity: string,
  { offline = true, folder, ...options }: ConnectOptions = {},
): Handle {
  const device = deviceIn(folder)
  return connectWith({ links, device: offline ? device : null, around }, url, entity, options)
}

/**
 * Forgets all that is kept on this device of a server under one `keepAs`, as when somebody signs out: the
 * edits that the server has not acknowledged, and what it did not take, are gone with it.
 *
 * @throws {StorageTrouble} when one of its handles is not destroyed, here or in another process that uses the folder: then nothing is forgotten.
 * @throws {TypeError} when `url` is no address of a server.
 * @example
 * await handle.destroy()
 * await forgetDevice({ url: 'wss://host', keepAs: 'ann' })
 */
export async function forgetDevice({ folder, ...kept }: Kept): Promise<void> {
  await deviceIn(folder).forget(keptUnder(kept))
}

/** All handles of this process share what is in a folder. */
function deviceIn(folder: string | undefined): DeviceStore {
  if (folder === undefined) return memory
  const path = resolve(folder)
  const device = folders.get(path) ?? new FileDeviceStore(path)
  folders.set(path, device)
  return device
}
