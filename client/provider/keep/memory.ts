import type { DeviceStore, EntityStore } from '../store.ts'
import { Shelf } from './shelf.ts'
import { type Note, ShelfStore, type Vault } from './shelf-store.ts'

/** Keeps entities for as long as the page, or the process, lives: for who wants nothing on a disk. */
export class MemoryDeviceStore implements DeviceStore {
  readonly lasting = false
  readonly #vaults = new Map<string, Vault<Uint8Array>>()

  async open(name: string): Promise<EntityStore> {
    const vault = this.#vaults.get(name) ?? inMemory()
    this.#vaults.set(name, vault)
    return new ShelfStore(vault)
  }
}

function inMemory(): Vault<Uint8Array> {
  const shelf = new Shelf<Uint8Array>()
  const note: Note = (change, bytes) => shelf.apply(change, bytes)
  return {
    handles: new Set(),
    run: async (work) => work(shelf, note),
    fetch: async (work, read) => read(work(shelf, note), async (bytes) => bytes),
    left: async () => {},
  }
}
