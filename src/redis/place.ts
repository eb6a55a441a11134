import { TributaryError } from '../core/errors.ts'

/** Where a Redis is, and who we are there. */
export interface RedisPlace {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** `null` for the default user. */
  readonly username: string | null
  readonly password: string | null
  /** The number of the database: 0 unless said otherwise. */
  readonly database: number
  /** Certificates in PEM of who may vouch for it, in the place of those that Node trusts. */
  readonly ca?: string
  /** Who knows where the master is; `host` and `port` are not asked then. */
  readonly sentinels?: Sentinels
}

/** Redis Sentinels, and what they watch. With `rediss://` they are spoken to by TLS too. */
export interface Sentinels {
  readonly at: readonly { readonly host: string; readonly port: number }[]
  /** The name by which they know the master. */
  readonly master: string
  /** Their own; `null` for none. */
  readonly password: string | null
}

const PORT = 6379
const SENTINEL_PORT = 26379

/**
 * Reads `redis://` or, for TLS, `rediss://`: `redis://user:password@host:port/database`. Nothing of
 * the password is ever in the message of an error.
 *
 * @throws {TributaryError} `bad-request` with what is wrong, in words.
 * @example readRedisUrl('rediss://app:secret@redis.internal/2')
 */
export function readRedisUrl(text: string): RedisPlace {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) {
    throw wrong(
      'cannot be read (a port is at most 65535; / ? # @ in a password are %2F %3F %23 %40)',
    )
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw wrong('begins with neither redis:// nor rediss://')
  }
  if (url.hostname === '') throw wrong('names no host')
  // ioredis takes options from the query; a misspelt one would be ignored in silence there.
  if (url.search !== '' || url.hash !== '') throw wrong('has something behind the database')
  return {
    // Brackets are how a URL writes an IPv6 address, not part of it.
    host: decode(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: url.port === '' ? PORT : Number(url.port),
    tls: url.protocol === 'rediss:',
    username: url.username === '' ? null : decode(url.username),
    password: url.password === '' ? null : decode(url.password),
    database: databaseOf(url.pathname),
  }
}

/**
 * Where it is, without who we are there.
 *
 * @example placeText(readRedisUrl('redis://app:secret@[::1]/2')) // '[::1]:6379/2'
 */
export function placeText({ host, port, database }: RedisPlace): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`
}

/**
 * Reads `host:port,host:port`; the port is 26379 unless told.
 *
 * @throws {TributaryError} `bad-request` with what is wrong, in words.
 */
export function readSentinels(text: string): Sentinels['at'] {
  return text.split(',').map((one) => {
    const match = /^ *(?:\[([\da-f:.]+)\]|([^\s:,[\]]+))(?::(\d{1,5}))? *$/i.exec(one)
    const port = Number(match?.[3] ?? SENTINEL_PORT)
    if (match === null || port < 1 || port > 65_535) {
      const why = '--redis-sentinel must be like host:26379,host:26379'
      throw new TributaryError('bad-request', why)
    }
    return { host: match[1] ?? match[2] ?? '', port }
  })
}

function databaseOf(path: string): number {
  if (path === '' || path === '/') return 0
  if (!/^\/\d{1,5}$/.test(path)) throw wrong('names a database that is not a number')
  return Number(path.slice(1))
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong('holds a % that escapes nothing: write %25')
  }
}

const wrong = (why: string): TributaryError =>
  new TributaryError('bad-request', `the URL of Redis ${why}; it looks like redis://host:6379/0`)
