import { parentPort, type TransferListItem } from 'node:worker_threads'
import { type ErrorCode, errorTable, TributaryError } from '../core/errors.ts'

/** What a thread sends back for each job. An error's class and code do not survive the passage. */
export type JobReply<Answer> =
  | { readonly is: 'answer'; readonly answer: Answer }
  | {
      readonly is: 'error'
      readonly code: string
      readonly message: string
      readonly stack: string | undefined
    }

/**
 * The whole of a thread's entry file: answers the jobs of a `ThreadPool`, one after another.
 *
 * @param work Buffers that it adds to `transfer` are moved to the other side instead of copied.
 * @example
 * answerJobs<CompactJob, Compacted>((job, transfer) => {
 *   const snapshot = compact(job)
 *   transfer.push(snapshot.update.buffer)
 *   return snapshot
 * })
 */
export function answerJobs<Job, Answer>(
  work: (job: Job, transfer: TransferListItem[]) => Answer | Promise<Answer>,
): void {
  const port = parentPort
  if (port === null) throw new TypeError('answerJobs is for the entry file of a thread')
  port.on('message', async (job: Job) => {
    const transfer: TransferListItem[] = []
    try {
      const answer = await work(job, transfer)
      port.postMessage({ is: 'answer', answer } satisfies JobReply<Answer>, transfer)
    } catch (thrown) {
      const { code, message } = TributaryError.from(thrown)
      const stack = thrown instanceof Error ? thrown.stack : undefined
      port.postMessage({ is: 'error', code, message, stack } satisfies JobReply<Answer>)
    }
  })
}

/** The error as it was thrown, its thread's stack in place of ours. */
export function thrownInThread(reply: {
  readonly code: string
  readonly message: string
  readonly stack: string | undefined
}): TributaryError {
  const code = Object.hasOwn(errorTable, reply.code) ? (reply.code as ErrorCode) : 'internal'
  const error = new TributaryError(code, reply.message)
  if (reply.stack !== undefined) error.stack = reply.stack
  return error
}
