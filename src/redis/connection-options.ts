import type { RedisOptions } from 'ioredis'
import type { Random } from '../core/clock.ts'
import type { RedisPlace } from './place.ts'

const CONNECT_MS = 2_000
/** Longer than the 2 s for which Redis with `appendfsync everysec` holds an answer back. */
const COMMAND_MS = 5_000
/** A connection that has brought nothing for so long, while an answer is due, is dead. */
const SILENT_MS = 6_000
const KEEP_ALIVE_MS = 10_000
const RETRY_FIRST_MS = 50
/** What is lost in Redis has to be found and healed within 6 s: the next try cannot be far away. */
const RETRY_MOST_MS = 1_000
/** One that was listened to for failovers, and is gone, is listened to again after this. */
const SENTINEL_AGAIN_MS = 5_000

/**
 * How we connect. Every bound that ioredis leaves open is set here: by default its offline queue has
 * none, a command waits for ever, and one is tried for 20 reconnections.
 *
 * A command that finds no connection fails at once, and one whose connection is lost fails with it:
 * those who called keep what they have, know whether it may be there already, and say so when they
 * try again. Were commands sent again below them (`autoResendUnfulfilledCommands`), an append that
 * had been carried out would arrive as a new one.
 */
export function connectionOptions(place: RedisPlace, random: Pick<Random, 'next'>): RedisOptions {
  const { username, password, database } = place
  return {
    ...whereabouts(place),
    db: database,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    socketTimeout: SILENT_MS,
    keepAlive: KEEP_ALIVE_MS,
    noDelay: true,
    enableOfflineQueue: false,
    // With 0 everything under way is rejected as soon as the connection is gone. Without a number
    // and without re-sending it would never be settled at all.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Ours to do and to check: ioredis says of one that failed at debug level only.
    autoResubscribe: false,
    // Ours too: ioredis writes to stderr where INFO is forbidden, and never gets ready without it.
    enableReadyCheck: false,
    retryStrategy: (times) => retryAfter(times, random),
    // A master that was demoted answers so: the name may lead to the new one by now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    // RESP3 changes the shape of replies, and brings nothing that is used here.
    protocol: 2,
    lazyConnect: true,
    connectionName: 'tributary',
  }
}

/** Where the connection goes; with Sentinels they are asked each time. */
function whereabouts(place: RedisPlace): RedisOptions {
  const { host, port, sentinels } = place
  const tls = tlsOf(place)
  if (sentinels === undefined) return { host, port, ...(tls !== null && { tls }) }
  return {
    sentinels: [...sentinels.at],
    name: sentinels.master,
    role: 'master',
    ...(sentinels.password !== null && { sentinelPassword: sentinels.password }),
    // Always the same: what it waits is in the words that come when none can be reached.
    sentinelRetryStrategy: () => RETRY_MOST_MS,
    sentinelCommandTimeout: CONNECT_MS,
    ...(tls !== null && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
  }
}

/** How we connect with a Sentinel, to listen; with which one is the caller's to say. */
export function toSentinel(place: RedisPlace): RedisOptions {
  const tls = tlsOf(place)
  const password = place.sentinels?.password ?? null
  return {
    ...(password !== null && { password }),
    ...(tls !== null && { tls }),
    connectTimeout: CONNECT_MS,
    keepAlive: KEEP_ALIVE_MS,
    enableOfflineQueue: false,
    autoResubscribe: false,
    enableReadyCheck: false,
    retryStrategy: () => SENTINEL_AGAIN_MS,
    protocol: 2,
    lazyConnect: true,
    connectionName: 'tributary',
  }
}

function tlsOf({ tls, ca }: RedisPlace): NonNullable<RedisOptions['tls']> | null {
  if (!tls) return null
  return ca === undefined ? {} : { ca }
}

/**
 * Spread over half of its time and more, so that nodes which lost Redis together do not all come
 * back in the same millisecond.
 *
 * @param times From 1. @returns ms.
 */
export function retryAfter(times: number, random: Pick<Random, 'next'>): number {
  const most = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** Math.min(times - 1, 10))
  return Math.ceil(most * (0.5 + random.next() / 2))
}
