/** What a log line may say beside its event. An `Error` is written with its code, cause and stack. */
export interface Fields {
  readonly [name: string]: string | number | boolean | null | undefined | Error | readonly string[]
}

/** From the loudest to the most quiet. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * Log lines: one per event, for the people who run the server. (The log of an entity is `Log`.)
 *
 * The event is a fixed text, so that it can be searched for and counted; what differs goes into the
 * fields. Never inside a loop over updates or messages: those are metrics.
 *
 * @example logger.warn('entity damaged', { entity: ref.key, offset: 17 })
 */
export interface Logger {
  error(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  info(event: string, fields?: Fields): void
  debug(event: string, fields?: Fields): void
  /** A logger that adds these fields to each of its lines. */
  with(fields: Fields): Logger
}

/** Says nothing. */
export const SILENT: Logger = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  with: () => SILENT,
}
