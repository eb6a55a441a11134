import { type TransferListItem, Worker } from 'node:worker_threads'
import { type ErrorCode, errorTable, TributaryError } from '../core/errors.ts'
import type { Call, Failure, Reply } from './serve.ts'

interface Waiting {
  resolve(value: unknown): void
  reject(error: TributaryError): void
}

/** The functions of an interface, as they are seen from another thread. */
type Method<Target, Name extends keyof Target> = Target[Name] extends (
  ...args: infer Args
) => infer Result
  ? { args: Args; result: Result }
  : never

/**
 * A thread that answers calls in their order. One that dies takes what it was asked along, and the
 * next call starts a new one: it holds nothing that is not in the database.
 */
export class Thread<Target extends { close(): void }> {
  readonly #entry: URL
  readonly #name: string
  readonly #data: object
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  #calls = 0
  #closed = false

  /** @param data What the entry file finds as its `workerData`. */
  constructor(entry: URL, name: string, data: object) {
    this.#entry = entry
    this.#name = name
    this.#data = data
  }

  /**
   * @param transfer Buffers that are handed over instead of copied: they are gone here.
   * @throws {TributaryError} `storage` for what SQLite or the thread itself could not do, with
   *   SQLite's own code as the cause's `code`; `draining` when it is closed.
   */
  call<Name extends keyof Target & string>(
    name: Name,
    args: Method<Target, Name>['args'],
    transfer: readonly TransferListItem[] = [],
  ): Promise<Method<Target, Name>['result']> {
    if (this.#closed) return Promise.reject(new TributaryError('draining', 'the store is closed'))
    return this.#send(name, args, transfer) as Promise<Method<Target, Name>['result']>
  }

  /** Answers what was asked before, then ends the thread. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const worker = this.#worker
    if (worker === null) return
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    await this.#send('close', [], []).catch(() => worker.terminate())
    await gone
  }

  #send(name: string, args: readonly unknown[], transfer: readonly TransferListItem[]) {
    return new Promise((resolve, reject) => {
      const no = this.#calls++
      try {
        this.#worker ??= this.#start()
        this.#waiting.set(no, { resolve, reject })
        this.#worker.postMessage({ no, name, args } satisfies Call, transfer)
      } catch (cause) {
        this.#waiting.delete(no)
        reject(new TributaryError('storage', `the ${this.#name} thread was not reached`, { cause }))
      }
    })
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, { name: this.#name, workerData: this.#data })
    worker.on('message', (reply: Reply) => this.#settle(reply))
    worker.on('messageerror', (error) => this.#died(worker, error))
    worker.on('error', (error) => this.#died(worker, error))
    worker.on('exit', (code) => this.#died(worker, new Error(`it ended with code ${code}`)))
    return worker
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.no)
    this.#waiting.delete(reply.no)
    if ('failure' in reply) waiting?.reject(errorOf(reply.failure))
    else waiting?.resolve(reply.value)
  }

  #died(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = null
    void worker.terminate()
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    const error = new TributaryError('storage', `the ${this.#name} thread has died`, { cause })
    for (const { reject } of waiting) reject(error)
  }
}

function errorOf({ message, sqlite, code }: Failure): TributaryError {
  if (code !== null && code in errorTable) return new TributaryError(code as ErrorCode, message)
  const cause = Object.assign(new Error(message), sqlite === null ? {} : { code: sqlite })
  return new TributaryError('storage', `the database answered: ${message}`, { cause })
}
