#!/usr/bin/env node
import { resolve } from 'node:path'
import { makeToken } from './access/make-token.ts'
import { TributaryError } from './core/errors.ts'
import { asksForTokens } from './ops/contradictions.ts'
import { createLogLines, type LogLines } from './ops/log-lines.ts'
import { isLoopback } from './ops/loopback.ts'
import { lowerHelpers } from './ops/low-priority.ts'
import { versionText } from './ops/option-text.ts'
import type { Config } from './ops/options.ts'
import { readOptions } from './ops/read-options.ts'
import { SYSTEM_CLOCK } from './ops/system.ts'
import type { TokenWish } from './ops/token-options.ts'
import { placeText, readRedisUrl } from './redis/place.ts'
import { type RunningServer, startServer } from './server.ts'

/** How the command ends. A bad option is told apart, so that nobody restarts it in a loop. */
const EXIT = { done: 0, failed: 1, badOption: 2 }

/** A stop that takes longer has failed: whoever sent SIGTERM soon sends SIGKILL. */
const STOP_MS = 9_500

/** `npm start` passes a Ctrl-C on that the terminal has already sent: two signals, one wish. */
const SAME_WISH_MS = 500

function main(): void {
  const reading = readOptions(process.argv.slice(2))
  switch (reading.is) {
    case 'print':
      process.stdout.write(reading.text)
      return
    case 'refused':
      refuse(reading.line)
      return
    case 'token':
      void printToken(reading.wish)
      return
    case 'run':
      run(reading.config, reading.warnings)
  }
}

function refuse(line: string): void {
  process.stderr.write(`tributary: ${line}\n`)
  process.exitCode = EXIT.badOption
}

async function printToken(wish: TokenWish): Promise<void> {
  try {
    process.stdout.write(`${await makeToken(wish, SYSTEM_CLOCK)}\n`)
  } catch (thrown) {
    refuse(TributaryError.from(thrown).message)
  }
}

function run(config: Config, warnings: readonly string[]): void {
  lowerHelpers()
  const logger = createLogLines({ level: config.logLevel, format: config.logFormat })
  const crash = (error: unknown): void => {
    logger.error('crashed', { error: TributaryError.from(error) })
    process.exit(EXIT.failed)
  }
  // We no longer know our own state: nothing may be acknowledged from here on. Node brings a
  // rejection that nobody handles here too.
  process.on('uncaughtException', crash)

  for (const warning of warnings) logger.warn('variable ignored', { why: warning })
  const starting = startServer(config, { logger })
  starting.then(
    (server) => announce(server, config, logger),
    (error: unknown) => void refuseToStart(error, logger),
  )
  stopOnSignal(starting, logger)
  logger.debug('starting', { pid: process.pid, node: process.version })
}

function announce(server: RunningServer, config: Config, logger: LogLines): void {
  logger.info('listening', {
    url: server.url,
    pid: process.pid,
    ...whereKept(config),
    tier: server.tier,
    version: versionText(),
  })
  if (config.store === 'memory') {
    logger.warn('everything is kept in memory and gone when this process ends')
  }
  if (asksForTokens(config)) return
  if (config.auth === null) {
    logger.info('without authentication only this machine can connect')
  } else if (!isLoopback(config.host)) {
    logger.warn('everyone who reaches this address can read and change everything')
  }
}

/** Nothing of who we are in Redis: log lines are read by many. */
function whereKept(config: Config): Readonly<Record<string, string | null>> {
  const { redis, redisSentinel, store, data } = config
  if (redis === null) return { data: store === 'memory' ? null : resolve(data) }
  const place = placeText(readRedisUrl(redis))
  return redisSentinel === null ? { redis: place } : { redis: place, sentinels: redisSentinel }
}

async function refuseToStart(thrown: unknown, logger: LogLines): Promise<never> {
  const error = TributaryError.from(thrown)
  if (error.code === 'internal') logger.error('could not start', { error })
  process.stderr.write(`tributary: ${error.message}\n`)
  await logger.flush()
  process.exit(error.code === 'bad-request' ? EXIT.badOption : EXIT.failed)
}

/** SIGTERM and Ctrl-C: a graceful shutdown. A second one: an end. */
function stopOnSignal(starting: Promise<RunningServer>, logger: LogLines): void {
  let since: number | null = null
  const stop = (signal: NodeJS.Signals): void => {
    if (since !== null) {
      if (performance.now() - since <= SAME_WISH_MS) return
      logger.warn('ended at once, by a second signal', { signal })
      process.exit(EXIT.failed)
    }
    since = performance.now()
    logger.info('stopping', { signal })
    setTimeout(() => {
      logger.error('could not stop in time', { ms: STOP_MS })
      process.exit(EXIT.failed)
    }, STOP_MS).unref()
    void end(starting, logger)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

async function end(starting: Promise<RunningServer>, logger: LogLines): Promise<never> {
  try {
    const server = await starting
    const { unsaved } = await server.close()
    logger.info('stopped')
    if (unsaved > 0) process.exitCode = EXIT.failed
  } catch (error) {
    logger.error('could not stop in order', { error: TributaryError.from(error) })
    process.exitCode = EXIT.failed
  }
  await logger.flush()
  process.exit()
}

main()
