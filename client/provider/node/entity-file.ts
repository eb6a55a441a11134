import { copyFile, type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Change, Shelf } from '../keep/shelf.ts'
import type { Note, ShelfStore, Vault } from '../keep/shelf-store.ts'
import { NOWHERE } from '../keep/stand.ts'
import { StorageTrouble } from '../keep/trouble.ts'
import { sayName } from './entity-names.ts'
import { FileLock } from './file-lock.ts'
import { FIRST_RECORD, type Place, recordOf, recordsIn } from './records.ts'

/** A file that is this much larger, in bytes, than twice what it has to hold is written anew. */
const SLACK = 64 * 1024
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

interface Job {
  readonly work: (shelf: Shelf<Place>, note: Note) => unknown
  /** After what was noted is on the disk. */
  readonly done: (result: unknown) => Promise<void>
  readonly failed: (error: unknown) => void
}

/**
 * One entity in one file, to which changes are appended; what is asked for while others are being
 * written goes to the disk together, in one write and one fsync. After a failed write or fsync the file
 * is cut back to what is known to be there, and read anew.
 */
export class EntityFile implements Vault<Place> {
  readonly handles = new Set<ShelfStore<Place>>()
  readonly #path: string
  readonly #lock: FileLock
  readonly #onLeft: () => void
  #file: FileHandle
  #shelf = new Shelf<Place>()
  /** Up to where the file is sound and on the disk. */
  #end = 0
  #live = 0
  #jobs: Job[] = []
  #working: Promise<void> | null = null
  #isUnsure = true
  #isFolderUnsure = false
  #ended: Promise<void> | null = null

  private constructor(path: string, lock: FileLock, file: FileHandle, onLeft: () => void) {
    this.#path = path
    this.#lock = lock
    this.#file = file
    this.#onLeft = onLeft
  }

  /**
   * @param name Of the entity, which is said beside the file.
   * @param onLeft Everything of it has been let go, after the last of its handles was closed.
   * @throws {StorageTrouble}
   */
  static async open(path: string, name: string, onLeft: () => void): Promise<EntityFile> {
    let lock: FileLock | null = null
    let file: FileHandle | null = null
    try {
      await mkdir(dirname(path), { recursive: true })
      lock = FileLock.take(`${path}.lock`)
      await sayName(path, name)
      file = await openOrMake(path)
      const entity = new EntityFile(path, lock, file, onLeft)
      await entity.#read()
      return entity
    } catch (error) {
      await file?.close().catch(() => {})
      lock?.release()
      throw troubleOf(error)
    }
  }

  /** When everything of it has been let go; `null` while it is open. */
  get ended(): Promise<void> | null {
    return this.#ended
  }

  run<Result>(work: (shelf: Shelf<Place>, note: Note) => Result): Promise<Result> {
    return this.fetch(work, async (result) => result)
  }

  fetch<Found, Result>(
    work: (shelf: Shelf<Place>, note: Note) => Found,
    read: (found: Found, bytesOf: (place: Place) => Promise<Uint8Array>) => Promise<Result>,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const failed = (error: unknown) => reject(troubleOf(error))
      const done = (found: unknown) =>
        read(found as Found, (place) => this.#bytesOf(place)).then(resolve, failed)
      this.#jobs.push({ work, done, failed })
      this.#working ??= this.#workAll()
    })
  }

  left(): Promise<void> {
    this.#ended ??= this.#letGo()
    return this.#ended
  }

  async #letGo(): Promise<void> {
    await this.#working
    await this.#file.close().catch(() => {})
    this.#lock.release()
    this.#onLeft()
  }

  async #workAll(): Promise<void> {
    // What is asked for in the same turn is written together.
    await null
    while (this.#jobs.length > 0) await this.#write(this.#jobs.splice(0))
    this.#working = null
  }

  async #write(jobs: readonly Job[]): Promise<void> {
    try {
      if (!this.#lock.isOurs) throw new StorageTrouble('busy', this.#path)
    } catch (error) {
      // The file may be another's by now: it is not even read, which would cut it.
      for (const job of jobs) job.failed(error)
      return
    }
    const worked: (readonly [Job, unknown])[] = []
    try {
      if (this.#isUnsure) await this.#read()
      if (this.#isFolderUnsure) await this.#syncFolder()
      const records: Buffer[] = []
      let end = this.#end
      const note = (change: Change, bytes?: Uint8Array) => {
        const { record, at } = recordOf(change, bytes)
        this.#shelf.apply(change, { at: end + at, length: bytes?.length ?? 0 })
        // It shall not lie about in the file either.
        if (change.is === 'wiped') this.#live = Number.NEGATIVE_INFINITY
        records.push(record)
        end += record.length
      }
      for (const job of jobs) {
        try {
          worked.push([job, job.work(this.#shelf, note)])
        } catch (error) {
          job.failed(error)
        }
      }
      if (records.length > 0) {
        await writeAll(this.#file, Buffer.concat(records), this.#end)
        await this.#file.datasync()
        this.#end = end
      }
    } catch (error) {
      // The shelf has what the disk has not.
      this.#isUnsure = true
      for (const job of jobs) job.failed(error)
      await this.#read().catch(() => {})
      return
    }
    for (const [job, result] of worked) await job.done(result)
    if (this.#end > 2 * this.#live + SLACK) await this.#rewrite().catch(() => {})
  }

  /** Cuts off what is not sound, and makes the shelf of the rest. */
  async #read(): Promise<void> {
    const file = await readFile(this.#path)
    const { changes, end, damaged, later } = recordsIn(
      // After a failed fsync what can be read need not be on the disk.
      this.#end === 0 ? file : file.subarray(0, this.#end),
    )
    if (later) throw new StorageTrouble('later', this.#path)
    if (damaged) await copyFile(this.#path, `${this.#path}.damaged`)
    const shelf = new Shelf<Place>()
    for (const [change, place] of changes) shelf.apply(change, place)
    // What is missing may have been of the server: where this stands nobody can say any more.
    if (damaged) shelf.apply({ is: 'stood', stand: NOWHERE })
    if (end < file.length) {
      await this.#file.truncate(end)
      await this.#file.datasync()
    }
    if (end === 0) await writeAll(this.#file, FIRST_RECORD, 0)
    this.#shelf = shelf
    this.#end = Math.max(end, FIRST_RECORD.length)
    this.#live = bytesFor(shelf)
    this.#isUnsure = false
    if (damaged) await this.#rewrite()
  }

  /** The shortest file with the same content, in its place. */
  async #rewrite(): Promise<void> {
    const records = [FIRST_RECORD]
    for (const [change, place] of this.#shelf.changes()) {
      records.push(recordOf(change, place && (await this.#bytesOf(place))).record)
    }
    const content = Buffer.concat(records)
    const path = `${this.#path}.new`
    const file = await open(path, 'w+')
    try {
      await writeAll(file, content, 0)
      await file.sync()
      await rename(path, this.#path)
    } catch (error) {
      await file.close()
      throw error
    }
    await this.#file.close().catch(() => {})
    this.#file = file
    this.#end = content.length
    this.#live = content.length
    const shelf = new Shelf<Place>()
    for (const [change, place] of recordsIn(content).changes) shelf.apply(change, place)
    this.#shelf = shelf
    // Until that, a loss of power would bring the old file back: nothing more is kept before.
    this.#isFolderUnsure = true
    await this.#syncFolder()
  }

  async #syncFolder(): Promise<void> {
    await syncFolder(dirname(this.#path))
    this.#isFolderUnsure = false
  }

  async #bytesOf({ at, length }: Place): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    for (let read = 0; read < length; ) {
      const { bytesRead } = await this.#file.read(bytes, read, length - read, at + read)
      if (bytesRead === 0) throw new StorageTrouble('wiped', this.#path)
      read += bytesRead
    }
    return bytes
  }
}

/** What a file has to hold, in bytes, as it is when it is written anew. */
function bytesFor(shelf: Shelf<Place>): number {
  let bytes = FIRST_RECORD.length
  for (const [change, place] of shelf.changes()) {
    bytes += recordOf(change).record.length + (place?.length ?? 0)
  }
  return bytes
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const file = await open(path, 'w+')
  await syncFolder(dirname(path))
  return file
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const left = bytes.length - written
    written += (await file.write(bytes, written, left, at + written)).bytesWritten
  }
}

/** A new name is on the disk when its folder is. Windows has nothing of the kind. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function troubleOf(error: unknown): StorageTrouble {
  if (error instanceof StorageTrouble) return error
  const { code = '', message = '' } = error as Partial<NodeJS.ErrnoException>
  return new StorageTrouble(FULL.has(code) ? 'full' : 'blocked', message, { cause: error })
}
