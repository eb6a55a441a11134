import type { TributaryError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Metrics } from '../ops/metrics.ts'

/** Who is refused what. */
interface Refused {
  readonly address: string
  readonly entity: string
  /** When there is one: for an error that nobody expected. */
  readonly session?: string
}

/**
 * Counts and logs that a client is not let in, or no longer. No part of a token is in the words of an
 * error of ours. [G27]
 *
 * @param event What the log calls it, unless nobody expected the error.
 * @returns the reason that the client gets: of an error that nobody expected it learns nothing.
 */
export function noteRefusal(
  { metrics, logger }: { readonly metrics: Metrics; readonly logger: Logger },
  refused: Refused,
  error: TributaryError,
  event = 'a client was not let in',
): string {
  const { code, message } = error
  const { address, session } = refused
  // Of an id that is refused for its length, too.
  const entity = refused.entity.slice(0, 256)
  metrics.refusals.of(code).add()
  if (code === 'internal') {
    metrics.handlerErrors.add()
    logger.error('a client could not be served', { address, entity, session, error })
    return 'The server failed. Its log says why.'
  }
  logger.info(event, { address, entity, code, reason: message })
  return message
}
