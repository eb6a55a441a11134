import type { LimitName, PaceName } from '../core/limits.ts'
import { isLoopback } from './loopback.ts'
import { written } from './option-values.ts'
import { type Config, OPTIONS } from './options.ts'

/** The first of a pair may not be above the second. */
const LIMITS: readonly (readonly [LimitName, LimitName])[] = [
  ['outboxSoftBytes', 'outboxHardBytes'],
  ['sessionMessages', 'sessionMessagesBurst'],
  ['sessionBytes', 'sessionBytesBurst'],
  ['pendingEntityBytes', 'pendingNodeBytes'],
]
const PACES: readonly (readonly [PaceName, PaceName])[] = [['tick', 'tickMax']]

/** Where it may come from who somebody is; there is one such place, or none. */
const DECIDERS = [
  ['auth', '--auth none'],
  ['authSecret', '--auth-secret'],
  ['authKeys', '--auth-keys'],
  ['authJwks', '--auth-jwks'],
] as const satisfies readonly (readonly [keyof Config, string])[]
const KEYS = DECIDERS.slice(1)

/** Whether clients need a token. */
export const asksForTokens = (config: Config): boolean =>
  KEYS.some(([name]) => config[name] !== null)

/**
 * Why these values, each right by itself, are no configuration together: one line that names the
 * remedy, or `null`.
 *
 * @param hasHook Whether a hook of the embedding program decides who may come in.
 */
export function contradictionIn(config: Config, hasHook = false): string | null {
  return accessIn(config, hasHook) ?? redisIn(config) ?? boundsIn(config)
}

function accessIn(config: Config, hasHook: boolean): string | null {
  const given: string[] = DECIDERS.filter(([name]) => config[name] !== null).map(([, flag]) => flag)
  if (hasHook) given.push('the hook `authorise`')
  const [first, second] = given
  if (second !== undefined) {
    return `${first} and ${second} both say who may come in: leave one of them out`
  }
  const keys = KEYS.map(([, flag]) => flag).join(', ')
  for (const name of ['Issuer', 'Audience'] as const) {
    if (config[`auth${name}`] !== null && !asksForTokens(config)) {
      return `--auth-${name.toLowerCase()} is about tokens, which nothing asks for: add one of ${keys}`
    }
  }
  if (first === undefined && !isLoopback(config.host)) {
    return (
      `--host ${config.host} would let in everyone who reaches it: ` +
      `add --auth none if that is meant, one of ${keys} if not, or leave --host out`
    )
  }
  return null
}

/** What is about Redis, and nothing else. */
const OF_REDIS = [
  ...(['redisPassword', 'redisPasswordFile', 'redisCa', 'redisSentinel'] as const),
  ...(['redisMaster', 'redisSentinelPassword', 'redisTier', 'redisReplicas'] as const),
]
/** These say the same, each in its way. */
const PASSWORDS = ['redisPassword', 'redisPasswordFile'] as const
const OF_SENTINELS = ['redisMaster', 'redisSentinelPassword'] as const

function redisIn(config: Config): string | null {
  const { redis, store, redisSentinel, role } = config
  if (redis === null) {
    const alone = OF_REDIS.find((name) => config[name] !== null && config[name] !== 0)
    if (alone !== undefined) return `${flagOf(alone)} is about Redis: add --redis`
    if (role === 'all') return null
    return `--role ${role} is about a cluster, and a node without --redis is alone: leave it out`
  }
  if (store === 'memory') {
    return '--redis and --store memory both say where everything is kept: leave one of them out'
  }
  const [first, second] = PASSWORDS.filter((name) => config[name] !== null).map(flagOf)
  if (second !== undefined) return `${first} and ${second} both name a password: leave one out`
  if (first !== undefined && URL.canParse(redis) && new URL(redis).password !== '') {
    return `${first} and the URL of --redis both name a password: leave one out`
  }
  if (config.redisCa !== null && !redis.startsWith('rediss:')) {
    return '--redis-ca is about TLS: write --redis rediss://…'
  }
  const alone = OF_SENTINELS.find((name) => config[name] !== null)
  if (redisSentinel === null && alone !== undefined) {
    return `${flagOf(alone)} is about Sentinels: add --redis-sentinel`
  }
  return null
}

function boundsIn(config: Config): string | null {
  for (const [low, high] of LIMITS) {
    if (config.limits[low] > config.limits[high]) return tooHigh('limits', config.limits, low, high)
  }
  for (const [low, high] of PACES) {
    if (config.paces[low] > config.paces[high]) return tooHigh('paces', config.paces, low, high)
  }
  return null
}

const flagOf = (name: keyof Config): string =>
  `--${OPTIONS.find((row) => row.group === 'options' && row.name === name)?.flag}`

function tooHigh<Name extends string>(
  group: 'limits' | 'paces',
  values: Readonly<Record<Name, number>>,
  low: Name,
  high: Name,
): string {
  const told = (name: Name): string => {
    const option = OPTIONS.find((row) => row.group === group && row.name === name)
    return `--${option?.flag} (${written(values[name], option?.kind ?? null)})`
  }
  return `${told(low)} must not be above ${told(high)}`
}
