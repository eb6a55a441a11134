import type { Writable } from 'node:stream'
import { type Logger as Pino, pino, stdTimeFunctions } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Logger, LogLevel } from '../core/logger.ts'

export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

export interface LogLinesOptions {
  readonly level: LogLevel
  /** `auto`: readable lines on a terminal, else one JSON line per event. */
  readonly format: LogFormat
  /** Where the lines go; `process.stdout` unless told. */
  readonly out?: Writable & { readonly isTTY?: boolean }
  /** How many unwritten bytes are held of a reader that stalls. Later lines are counted, not kept. */
  readonly heldBytes?: number
}

export interface LogLines extends Logger {
  /** Resolves when what was said is written, or cannot be: at most a second later. */
  flush(): Promise<void>
}

const FLUSH_MS = 1_000

/**
 * Log lines on a stream. A pipe that nobody reads must neither stop the event loop nor fill the
 * memory, and a reader that goes away (`| head`) stops the lines, not the server. Therefore Node's
 * own stream: pino's fast destination writes from libuv's pool, where a full pipe holds a thread
 * for ever and the process at its exit.
 *
 * @example
 * const logger = createLogLines({ level: 'info', format: 'json' })
 * logger.info('listening', { url: 'http://127.0.0.1:8787' })
 * // {"level":"info","time":"2026-11-22T10:00:00.000Z","event":"listening","url":"http://…"}
 */
export function createLogLines(options: LogLinesOptions): LogLines {
  const { level, format, out = process.stdout, heldBytes = 8 * 1024 * 1024 } = options
  const readable = format === 'pretty' || (format === 'auto' && out.isTTY === true)
  const shape = readable ? readableLine(out.isTTY === true) : (line: string) => line

  let dropped = 0
  // Without a listener a reader that goes away would end the process.
  out.on('error', () => {})
  const write = (line: string): void => {
    if (out.writableLength > heldBytes) {
      dropped++
      return
    }
    if (dropped > 0) {
      const lost = { level: 'warn', time: new Date().toISOString(), event: 'log lines dropped' }
      out.write(shape(`${JSON.stringify({ ...lost, lines: dropped })}\n`))
      dropped = 0
    }
    out.write(shape(line))
  }

  const lines = pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: withErrorsTold },
    },
    { write },
  )
  return {
    ...loggerOn(lines),
    flush: () =>
      new Promise((resolve) => {
        if (out.writableLength === 0) return resolve()
        const timer = setTimeout(resolve, FLUSH_MS)
        out.write('', () => {
          clearTimeout(timer)
          resolve()
        })
      }),
  }
}

function loggerOn(lines: Pino): Logger {
  return {
    error: (event, fields) => lines.error(fields ?? {}, event),
    warn: (event, fields) => lines.warn(fields ?? {}, event),
    info: (event, fields) => lines.info(fields ?? {}, event),
    debug: (event, fields) => lines.debug(fields ?? {}, event),
    with: (fields) => loggerOn(lines.child(withErrorsTold(fields))),
  }
}

function readableLine(colorize: boolean): (line: string) => string {
  return prettyFactory({
    colorize,
    messageKey: 'event',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  })
}

/** JSON knows nothing of errors: an `Error` in a field would become `{}`. */
function withErrorsTold(fields: Record<string, unknown>): Record<string, unknown> {
  const told: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    told[name] = value instanceof Error ? tellError(value, 0) : value
  }
  return told
}

/** How far down a chain of causes we follow: it may be a circle. */
const CAUSES = 4

function tellError(error: Error & { code?: unknown }, depth: number): Record<string, unknown> {
  return {
    message: error.message,
    ...(error.code === undefined ? {} : { code: error.code }),
    ...(error.cause === undefined || depth === CAUSES
      ? {}
      : {
          cause:
            error.cause instanceof Error ? tellError(error.cause, depth + 1) : String(error.cause),
        }),
    // The first stack names where it was noticed, a cause's where it came from; deeper ones repeat.
    ...(depth > 1 || error.stack === undefined ? {} : { stack: error.stack }),
  }
}
