import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { TributaryError } from '../core/errors.ts'
import { fileTrouble } from '../core/file-trouble.ts'
import { type RedisPlace, readRedisUrl, readSentinels } from './place.ts'

/** The options that say more of it than its URL. */
export interface PlaceOptions {
  readonly redisPassword: string | null
  readonly redisPasswordFile: string | null
  /** A file in PEM. */
  readonly redisCa: string | null
  /** `host:port,host:port` */
  readonly redisSentinel: string | null
  readonly redisMaster: string | null
  readonly redisSentinelPassword: string | null
}

/**
 * Where a Redis is by its options, with what lies in files: read once, at the start.
 *
 * @throws {TributaryError} `bad-request` in one line that names the remedy.
 */
export function readPlace(url: string, config: PlaceOptions): RedisPlace {
  const { redisPasswordFile, redisCa, redisSentinel } = config
  const place = readRedisUrl(url)
  // An editor ends a file with a line end, which nobody means.
  const password =
    redisPasswordFile === null
      ? config.redisPassword
      : fileOf('--redis-password-file', redisPasswordFile).replace(/\r?\n$/, '')
  return {
    ...place,
    password: password ?? place.password,
    ...(redisCa !== null && { ca: certificatesIn(redisCa) }),
    ...(redisSentinel !== null && {
      sentinels: {
        at: readSentinels(redisSentinel),
        master: config.redisMaster ?? place.host,
        password: config.redisSentinelPassword,
      },
    }),
  }
}

/** Node takes any text, and vouches by none of it then. */
function certificatesIn(path: string): string {
  const text = fileOf('--redis-ca', path)
  try {
    new X509Certificate(text)
    return text
  } catch (cause) {
    const why = `--redis-ca: ${path} holds no certificate in PEM`
    throw new TributaryError('bad-request', why, { cause })
  }
}

function fileOf(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const why = `${flag}: ${path} cannot be read: ${fileTrouble(cause)}`
    throw new TributaryError('bad-request', why, { cause })
  }
}
