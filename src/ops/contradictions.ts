import { isIPv4 } from 'node:net'
import type { LimitName, PaceName } from '../core/limits.ts'
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

/**
 * Why these values, each right by itself, are no configuration together: one line that names the
 * remedy, or `null`.
 */
export function contradictionIn(config: Config): string | null {
  if (config.auth === null && !isLoopback(config.host)) {
    return (
      `--host ${config.host} would let in everyone who reaches it: ` +
      'add --auth none if that is meant, or leave --host out'
    )
  }
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

/** Nobody but this machine reaches it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
