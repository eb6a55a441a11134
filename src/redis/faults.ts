import { TributaryError } from '../core/errors.ts'
import { isInability } from './failures.ts'

/**
 * What Redis or the way to it answered, as one of our errors: `damaged` when a key holds something
 * else than it should, `internal` when a script of ours has failed, else `storage`. With `storage`
 * the outcome is not known: the command may have been carried out and its answer lost.
 */
export function redisFault(thrown: unknown): TributaryError {
  if (thrown instanceof TributaryError) return thrown
  const cause = bare(thrown)
  const { message } = cause
  if (message.includes('WRONGTYPE')) {
    return new TributaryError('damaged', 'a key in Redis holds something else', { cause })
  }
  const isReply = cause.name === 'ReplyError'
  if (isReply && !isInability(cause)) {
    return new TributaryError('internal', `Redis refused a call: ${message}`, { cause })
  }
  return withoutStacks(
    new TributaryError('storage', `Redis could not be asked: ${message}`, { cause }),
    cause,
  )
}

/** An outage is told by every part that notices it; where in the program that was helps nobody. */
function withoutStacks(error: TributaryError, cause: Error): TributaryError {
  for (const one of [error, cause]) Object.defineProperty(one, 'stack', { value: undefined })
  return error
}

/** ioredis puts the command with its arguments on its errors: passwords, and what people wrote. */
function bare(thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new Error(String(thrown))
  const { name, message, stack } = thrown
  return Object.assign(new Error(message), { name, stack })
}
