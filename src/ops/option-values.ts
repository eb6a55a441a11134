import { isIP } from 'node:net'
import { z } from 'zod'
import { isName, tenant } from '../core/ids.ts'
import { isLoopback } from './loopback.ts'

// What the value of an option may be. A check takes a text (of a flag, a variable, a config file)
// or a number or boolean of a config file; its message completes "--port must be …".

const KB = 1024
// biome-ignore format: a table is read in rows
const UNITS = {
  size: new Map([['', 1], ['b', 1], ['kb', KB], ['mb', KB ** 2], ['gb', KB ** 3]]),
  time: new Map([['', 1], ['ms', 1], ['s', 1_000], ['m', 60_000], ['h', 3_600_000]]),
  count: new Map([['', 1]]),
}
const AMOUNT = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i

function amount(kind: keyof typeof UNITS, least: number, most: number, must: string) {
  return z
    .union([z.string(), z.number()], must)
    .transform((value) => {
      const match = AMOUNT.exec(String(value).trim())
      const unit = UNITS[kind].get((match?.[2] ?? '?').toLowerCase())
      if (match === null || unit === undefined) return Number.NaN
      // A part of a unit may be named, a part of a byte or of a piece may not.
      return unit === 1 ? Number(match[1]) : Math.round(Number(match[1]) * unit)
    })
    .pipe(z.int(must).min(least, must).max(most, must))
}

/** In bytes, in units of 1,024. */
export const size = amount('size', 1, KB ** 4, 'a size from 1 byte to 1024GB, like 64MB or 256KB')

/** In milliseconds. Node fires a timer of more than 2^31 - 1 ms, nearly 25 days, at once. */
export const time = amount('time', 1, 576 * 3_600_000, 'a time from 1ms to 576h, like 30s or 250ms')

/** In milliseconds: how long a token lasts. No timer runs that long. */
export const lifetime = amount('time', 1_000, 8_784 * 3_600_000, 'a time from 1s to 8784h, like 1h')

export const count = amount('count', 1, 1e9, 'a whole number from 1 to 1000000000')

/** 0 means that none is waited for. */
export const replicas = amount('count', 0, 100, 'a whole number from 0 to 100')

/** 0 means any free one. */
export const port = amount('count', 0, 65_535, 'a port from 0 to 65535')

const HOST = 'the name or address of this machine, like 127.0.0.1 or ::1'
/** Never empty: Node listens on every address then. */
export const host = z
  .string(HOST)
  .transform((value) => value.replace(/^\[(.*)\]$/, '$1'))
  .pipe(z.string().regex(/^[\w.:%-]+$/, HOST))

const PATH = 'a path'
export const path = z.string(PATH).regex(/^[^\0]+$/, PATH)

const SECRET = 'a text of at least 32 bytes, like the one that `openssl rand -hex 32` prints'
/** A shorter one could be guessed from a single token. */
export const secret = z
  .string(SECRET)
  .refine((value) => new TextEncoder().encode(value).length >= 32, SECRET)

const TEXT = 'a text'
export const text = z.string(TEXT).min(1, TEXT)

const KEYS_URL = 'an https address, or an http one of this machine, without a password in it'
/** Whoever could change the answer on its way could let in anybody. */
export const keysUrl = z.string(KEYS_URL).refine((value) => {
  if (!URL.canParse(value)) return false
  const { protocol, hostname, username, password } = new URL(value)
  if (username !== '' || password !== '') return false
  const isHere = protocol === 'http:' && isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'))
  return protocol === 'https:' || isHere
}, KEYS_URL)

const REDIS_URL = 'an address like redis://host:6379/0, or rediss://host with TLS'
/** What else may be wrong with one is told at the start, by who reads it. */
export const redisUrl = z.string(REDIS_URL).regex(/^rediss?:\/\/./, REDIS_URL)

const HOSTS = 'one or more of host:port, with commas between them'
export const hosts = z.string(HOSTS).regex(/^ *[\w.:[\]-]+ *(, *[\w.:[\]-]+ *)*$/, HOSTS)

const KEY_PREFIX = 'at most 64 bytes without braces and control characters'
/** Braces are the hash tag’s. */
export const keyPrefix = z
  .string(KEY_PREFIX)
  .regex(/^[^\p{Cc}{}]*$/u, KEY_PREFIX)
  .refine((value) => new TextEncoder().encode(value).length <= 64, KEY_PREFIX)

/** How many proxies stand in front, or the addresses and networks that they have; `null`: none. */
export type TrustedProxies = number | readonly string[] | null

const PROXIES = 'how many there are, 1 to 16, or their addresses, like 10.0.0.2,fd00::/8'
export const proxies = z
  .union([z.string(), z.number(), z.array(z.string())], PROXIES)
  .transform((value, context): number | readonly string[] => {
    const words = String(value)
      .split(',')
      .map((word) => word.trim())
    const count = words.length === 1 && /^\d+$/.test(words[0] ?? '') ? Number(words[0]) : null
    if (count === null ? words.every(isNetwork) : count >= 1 && count <= 16) return count ?? words
    context.addIssue(PROXIES)
    return z.NEVER
  })

/** @example isNetwork('10.0.0.0/8') // true */
function isNetwork(value: string): boolean {
  const [address = '', bits, ...more] = value.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
}

const NAME = 'a name of 1 to 256 bytes without control characters'
export const name = z.string(NAME).refine(isName, NAME)

const TENANT = '1 to 64 of A-Z a-z 0-9 . _ -'
export const tenantName = z.string(TENANT).transform((value, context) => {
  try {
    return tenant(value)
  } catch {
    context.addIssue(TENANT)
    return z.NEVER
  }
})

const GRANT = 'PATTERN:MAY with a may of read, write or admin, like notes/*:write'
/** The last colon separates: an id may hold colons. */
export const grant = z
  .string(GRANT)
  .transform((value) => {
    const colon = value.lastIndexOf(':')
    return { entity: value.slice(0, Math.max(colon, 0)), may: value.slice(colon + 1) }
  })
  .pipe(
    z.object({
      entity: z.string().refine(isName, GRANT),
      may: z.enum(['read', 'write', 'admin'], GRANT),
    }),
  )

export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, words.length === 1 ? words[0] : `one of ${words.join(', ')}`)

const ON_OR_OFF = 'on or off'
export const onOff = z
  .union([z.boolean(), z.enum(['on', 'off', 'true', 'false'])], ON_OR_OFF)
  .transform((value) => value === true || value === 'on' || value === 'true')

/** How a value is written in help texts and tables, so that it could be given just so. */
export function written(value: unknown, kind: 'size' | 'time' | 'count' | null): string {
  if (value === null) return ''
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value !== 'number' || kind === null) return String(value)
  let best = `${value}${kind === 'time' ? 'ms' : ''}`
  for (const [unit, worth] of UNITS[kind]) {
    if (worth > 1 && value % worth === 0)
      best = `${value / worth}${kind === 'size' ? unit.toUpperCase() : unit}`
  }
  return best
}
