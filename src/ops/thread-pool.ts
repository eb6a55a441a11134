import { type ResourceLimits, type TransferListItem, Worker } from 'node:worker_threads'
import type { Cancel, Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import { type JobReply, thrownInThread } from './thread-jobs.ts'

export interface ThreadPoolOptions {
  /** The built entry file, which calls `answerJobs`. */
  readonly entry: URL
  /** Shown by debuggers and in messages. */
  readonly name: string
  /** Threads at most. One is started when a job finds none free. */
  readonly size: number
  /** Jobs that may wait for a thread; a further one is rejected at once. */
  readonly maxWaiting: number
  /** A job that takes longer is given up, in ms: its thread is ended, whatever it does. */
  readonly timeLimit: number
  /** `stackSizeMb` above all: deeply nested types need 64. */
  readonly resourceLimits?: ResourceLimits
  readonly clock: Pick<Clock, 'after'>
}

interface Task<Job, Answer> {
  readonly job: Job
  readonly transfer: readonly TransferListItem[]
  resolve(answer: Answer): void
  reject(error: TributaryError): void
}

interface Thread<Job, Answer> {
  readonly worker: Worker
  /** What it works on; `null` when it is free. */
  task: Task<Job, Answer> | null
  stopTimer: Cancel
}

/**
 * Worker threads for work that would hold up the event loop. One job at a time per thread.
 *
 * A thread that dies (out of memory, a crash, too slow) rejects its own job and nobody else's: a
 * new one is started for the next. The job is not tried again, because it may be what killed it.
 * Free threads do not keep the process alive.
 *
 * @example
 * const pool = new ThreadPool<CompactJob, Compacted>({ entry, name: 'compact', size: 1, … })
 * const compacted = await pool.run({ entries }, entries.map((bytes) => bytes.buffer))
 */
export class ThreadPool<Job, Answer> {
  readonly #options: ThreadPoolOptions
  readonly #threads = new Set<Thread<Job, Answer>>()
  readonly #queue: Task<Job, Answer>[] = []
  #closing: Promise<void> | null = null

  constructor(options: ThreadPoolOptions) {
    this.#options = options
  }

  /** Jobs that wait for a thread. */
  get waiting(): number {
    return this.#queue.length
  }

  /**
   * @param transfer Buffers that are moved to the thread instead of copied. They are gone here as
   *   soon as the job starts, which may be later than this call.
   * @throws {TributaryError} What the job threw; `not-available` when too many jobs wait;
   *   `draining` when the pool is closed; `internal` when the thread died or was too slow.
   */
  run(job: Job, transfer: readonly TransferListItem[] = []): Promise<Answer> {
    if (this.#closing !== null) return Promise.reject(this.#error('draining', 'is closed'))
    const { size, maxWaiting } = this.#options
    const isFull = this.#threads.size >= size && this.#free() === undefined
    if (isFull && this.#queue.length >= maxWaiting) {
      return Promise.reject(this.#error('not-available', 'has too many jobs waiting'))
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, transfer, resolve, reject })
      this.#next()
    })
  }

  /** Ends all threads at once; what they were doing, and what waits, is rejected. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const task of this.#queue.splice(0)) task.reject(this.#error('draining', 'is closed'))
    const threads = [...this.#threads]
    for (const thread of threads) this.#drop(thread, this.#error('draining', 'is closed'))
    await Promise.all(threads.map((thread) => thread.worker.terminate()))
  }

  #free(): Thread<Job, Answer> | undefined {
    for (const thread of this.#threads) if (thread.task === null) return thread
    return undefined
  }

  #next(): void {
    while (this.#queue.length > 0) {
      const free = this.#free()
      if (free === undefined && this.#threads.size >= this.#options.size) return
      const task = this.#queue.shift() as Task<Job, Answer>
      try {
        this.#give(free ?? this.#start(), task)
      } catch (cause) {
        task.reject(this.#error('internal', 'did not take the job', cause))
      }
    }
  }

  /** @throws When the system has no thread to give. */
  #start(): Thread<Job, Answer> {
    const { entry, name, resourceLimits } = this.#options
    const worker = new Worker(entry, { name, ...(resourceLimits && { resourceLimits }) })
    const thread: Thread<Job, Answer> = { worker, task: null, stopTimer: () => {} }
    worker.on('message', (reply: JobReply<Answer>) => this.#settle(thread, reply))
    worker.on('messageerror', (cause) => this.#fail(thread, 'sent what cannot be read', cause))
    worker.on('error', (cause) => this.#fail(thread, 'crashed', cause))
    worker.on('exit', (code) => this.#fail(thread, `ended with code ${code}`))
    worker.unref()
    this.#threads.add(thread)
    return thread
  }

  /** @throws When the job holds something that cannot be sent to a thread. */
  #give(thread: Thread<Job, Answer>, task: Task<Job, Answer>): void {
    thread.worker.postMessage(task.job, task.transfer)
    const { timeLimit, clock } = this.#options
    thread.task = task
    thread.worker.ref()
    thread.stopTimer = clock.after(timeLimit, () =>
      this.#fail(thread, `took longer than ${timeLimit} ms`),
    )
  }

  #settle(thread: Thread<Job, Answer>, reply: JobReply<Answer>): void {
    const { task } = thread
    if (task === null) return
    thread.task = null
    thread.stopTimer()
    thread.worker.unref()
    if (reply.is === 'answer') task.resolve(reply.answer)
    else task.reject(thrownInThread(reply))
    this.#next()
  }

  #fail(thread: Thread<Job, Answer>, what: string, cause?: unknown): void {
    if (!this.#threads.has(thread)) return
    this.#drop(thread, this.#error('internal', what, cause))
    void thread.worker.terminate()
    this.#next()
  }

  #drop(thread: Thread<Job, Answer>, error: TributaryError): void {
    this.#threads.delete(thread)
    thread.stopTimer()
    thread.task?.reject(error)
    thread.task = null
  }

  #error(code: 'draining' | 'not-available' | 'internal', what: string, cause?: unknown) {
    const message = `the ${this.#options.name} thread ${what}`
    return new TributaryError(code, message, cause === undefined ? {} : { cause })
  }
}
