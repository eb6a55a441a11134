import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { ShelfStore } from '../keep/shelf-store.ts'
import type { DeviceStore, EntityStore } from '../store.ts'
import { EntityFile } from './entity-file.ts'
import { namesIn, removeEntity } from './entity-names.ts'
import { FileLock } from './file-lock.ts'

/**
 * Keeps entities in files of a folder, one for each, for programs that come back. What is called kept
 * has been fsynced. A folder is for one process at a time.
 *
 * @example const device = new FileDeviceStore('./kept')
 */
export class FileDeviceStore implements DeviceStore {
  readonly lasting = true
  readonly #folder: string
  readonly #files = new Map<string, Promise<EntityFile>>()

  /** @param folder Made when it is missing. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * @throws {StorageTrouble} `busy` when another process has it open, `later` when a later version
   * wrote it, `full` or `blocked` as the disk says.
   */
  async open(name: string): Promise<EntityStore> {
    const opening = this.#files.get(name) ?? this.#openFile(name)
    this.#files.set(name, opening)
    const forget = () => {
      if (this.#files.get(name) === opening) this.#files.delete(name)
    }
    const file = await opening.catch((error) => {
      forget()
      throw error
    })
    if (file.ended === null) return new ShelfStore(file)
    // Its last handle was closed meanwhile.
    await file.ended
    forget()
    return this.open(name)
  }

  async forget(prefix: string): Promise<void> {
    const names = await namesIn(this.#folder, prefix)
    const paths = names.map((name) => this.#pathOf(name))
    const locks: FileLock[] = []
    try {
      // A handle of this process has one too.
      for (const path of paths) locks.push(FileLock.take(`${path}.lock`))
      for (const path of paths) await removeEntity(path)
    } finally {
      for (const lock of locks) lock.release()
    }
  }

  async #openFile(name: string): Promise<EntityFile> {
    return EntityFile.open(this.#pathOf(name), name, () => this.#files.delete(name))
  }

  /** Names hold slashes and anything else. */
  #pathOf(name: string): string {
    return join(this.#folder, createHash('sha256').update(name).digest('hex').slice(0, 40))
  }
}
