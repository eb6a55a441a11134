import { uuidv4 } from 'lib0/random'
import { StorageTrouble } from './trouble.ts'

/** A browser that has not answered by then, in ms, does not answer. */
const OPEN_MS = 5_000
const WORK_MS = 15_000
const VERSION = 1

/** `flushed` writes, and is complete when it survives a loss of power; the others when the system has it. */
export type Mode = 'read' | 'write' | 'flushed'

/** The answer to a request; awaited inside a transaction, and nothing else is. */
export const answer = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

/**
 * A database of this origin that is opened again when the browser has closed it. Every failure is a
 * `StorageTrouble`, and the next call tries again.
 */
export class Database {
  readonly #name: string
  readonly #make: (db: IDBDatabase) => void
  readonly #wiped: () => void
  #opening: Promise<IDBDatabase> | null = null
  #db: IDBDatabase | null = null
  #birth: string | null = null
  /** All that was asked for, whatever came of it. */
  #done: Promise<void> | undefined
  #closed = false

  /**
   * @param make Makes its stores, in a database that is new.
   * @param wiped What there is now is another database than before.
   */
  constructor(name: string, make: (db: IDBDatabase) => void, wiped: () => void) {
    this.#name = name
    this.#make = make
    this.#wiped = wiped
  }

  /**
   * One transaction. Transactions are done in the order of the calls.
   *
   * @returns What `work` returned, when the transaction is complete.
   * @throws {StorageTrouble} `wiped` once, when what was there before is gone.
   */
  async run<Result>(
    mode: Mode,
    stores: readonly string[],
    work: (store: (name: string) => IDBObjectStore) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closed) throw new StorageTrouble('closed')
    const running = this.#run(mode, stores, work)
    this.#done = Promise.allSettled([this.#done, running]).then(() => {})
    return running
  }

  /** After what was asked for before. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#done
    const db = await this.#opening?.catch(() => null)
    db?.close()
  }

  async #run<Result>(
    mode: Mode,
    stores: readonly string[],
    work: (store: (name: string) => IDBObjectStore) => Promise<Result>,
  ): Promise<Result> {
    this.#opening ??= this.#open()
    const db = await this.#opening
    let transaction: IDBTransaction
    try {
      transaction = db.transaction(stores as string[], mode === 'read' ? 'readonly' : 'readwrite', {
        durability: mode === 'flushed' ? 'strict' : 'relaxed',
      })
    } catch (error) {
      // It was closed a moment ago.
      if ((error as Error).name !== 'InvalidStateError') throw troubleOf(error)
      this.#lost(db)
      return this.#run(mode, stores, work)
    }
    return inTime(WORK_MS, outcomeOf(transaction, work), () => abort(transaction))
  }

  #lost(db: IDBDatabase): void {
    db.close()
    // Two may find it closed: only one opens it anew.
    if (this.#db === db) this.#opening = null
  }

  async #open(): Promise<IDBDatabase> {
    try {
      const db = await this.#request()
      this.#db = db
      db.onversionchange = db.onclose = () => this.#lost(db)
      const birth = await outcomeOf(db.transaction('birth'), (store) =>
        answer<string>(store('birth').get(0)),
      )
      const before = this.#birth ?? birth
      this.#birth = birth
      if (before === birth) return db
      db.close()
      this.#wiped()
      throw new StorageTrouble('wiped')
    } catch (error) {
      this.#opening = null
      throw troubleOf(error)
    }
  }

  #request(): Promise<IDBDatabase> {
    const request = indexedDB.open(this.#name, VERSION)
    request.onupgradeneeded = () => {
      this.#make(request.result)
      request.result.createObjectStore('birth').put(uuidv4(), 0)
    }
    const opening = answer(request)
    return inTime(OPEN_MS, opening, () => opening.then((db) => db.close()).catch(() => {}))
  }
}

/** Fails when the transaction does, whatever its work has returned. */
function outcomeOf<Result>(
  transaction: IDBTransaction,
  work: (store: (name: string) => IDBObjectStore) => Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const working = work((name) => transaction.objectStore(name))
    transaction.oncomplete = () => resolve(working)
    transaction.onabort = () => {
      // Its own error says more than that its work was aborted: a full disk is known only here.
      void working
        .catch((error) => error)
        .then((error) => reject(troubleOf(transaction.error ?? error)))
    }
    working.catch(() => abort(transaction))
  })
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It is over already.
  }
}

function troubleOf(error: unknown): StorageTrouble {
  if (error instanceof StorageTrouble) return error
  const more = String(error)
  const isFull = more.startsWith('Quota')
  const trouble = isFull ? 'full' : more.startsWith('Version') ? 'later' : 'blocked'
  return new StorageTrouble(trouble, more, { cause: error })
}

/** @param late What is done when the time is up. */
function inTime<Result>(ms: number, promise: Promise<Result>, late: () => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new StorageTrouble('blocked', `no answer in ${ms} ms`))
      late()
    }, ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
