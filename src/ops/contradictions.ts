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
  return accessIn(config, hasHook) ?? boundsIn(config)
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

function boundsIn(config: Config): string | null {
  for (const [low, high] of LIMITS) {
    if (config.limits[low] > config.limits[high]) return tooHigh('limits', config.limits, low, high)
  }
  for (const [low, high] of PACES) {
    if (config.paces[low] > config.paces[high]) return tooHigh('paces', config.paces, low, high)
  }
  return null
}

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
