import type { DeviceStore, EntityStore } from '../store.ts'
import { Shelf } from './shelf.ts'
import { type Note, ShelfStore, type Vault } from './shelf-store.ts'
import { StorageTrouble } from './trouble.ts'

/** So many entities that nobody has open, and of which all is saved, are remembered. */
const MOST_IDLE = 100
const NOBODY: ReadonlySet<string> = new Set()

/**
 * Keeps entities for as long as the page, or the process, lives: for who wants nothing on a disk. What
 * was not saved, or set aside, stays; of the rest the entities that were closed last.
 */
export class MemoryDeviceStore implements DeviceStore {
  readonly lasting = false
  readonly #vaults = new Map<string, MemoryVault>()

  async open(name: string): Promise<EntityStore> {
    const vault = this.#vaults.get(name) ?? inMemory(() => this.#left(name))
    this.#vaults.set(name, vault)
    return new ShelfStore(vault)
  }

  async forget(prefix: string): Promise<void> {
    const found = [...this.#vaults].filter(([name]) => name.startsWith(prefix))
    if (found.some(([, { handles }]) => handles.size > 0)) throw new StorageTrouble('busy')
    for (const [name] of found) this.#vaults.delete(name)
  }

  /** Those that were closed last are at the end. */
  #left(name: string): void {
    const vault = this.#vaults.get(name)
    if (vault === undefined) return
    this.#vaults.delete(name)
    this.#vaults.set(name, vault)
    const idle = [...this.#vaults].filter(([, { isIdle }]) => isIdle)
    for (const [each] of idle.slice(0, -MOST_IDLE)) this.#vaults.delete(each)
  }
}

interface MemoryVault extends Vault<Uint8Array> {
  /** Whether nobody has it open, and nothing in it is nowhere else. */
  readonly isIdle: boolean
}

function inMemory(onLeft: () => void): MemoryVault {
  const shelf = new Shelf<Uint8Array>()
  const handles: MemoryVault['handles'] = new Set()
  const note: Note = (change, bytes) => shelf.apply(change, bytes)
  return {
    handles,
    get isIdle() {
      return handles.size === 0 && shelf.asides.length === 0 && shelf.orphans(NOBODY).length === 0
    },
    run: async (work) => work(shelf, note),
    fetch: async (work, read) => read(work(shelf, note), async (bytes) => bytes),
    left: async () => onLeft(),
  }
}
