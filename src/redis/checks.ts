import type { Facts } from './facts.ts'

/** Streams with explicit ids and everything else that the scripts use. */
const OLDEST = '7.0'
/** From these on, each for its own line, scripts cannot be made to run foreign code (CVE-2025-49844). */
const MENDED = ['7.2.11', '7.4.6', '8.0.4', '8.2.2']

/** Why this Redis cannot be ours at all, for people; `null` when it can. */
export function refusalOf({ info }: Facts): string | null {
  const version = info.get('redis_version')
  if (version !== undefined && isBelow(version, OLDEST)) {
    return `Redis ${version} is too old: it takes ${OLDEST} or later`
  }
  if (info.get('cluster_enabled') === '1') {
    return 'this is a node of a Redis Cluster, on which Tributary does not run yet'
  }
  if (info.get('role') === 'slave') {
    const master = `${info.get('master_host')}:${info.get('master_port')}`
    return `this Redis is a replica of ${master}: what it holds may be old, and it takes nothing`
  }
  return null
}

/**
 * What an operator should know although everything works, each in one line that says what it means
 * for what was acknowledged.
 *
 * @param replicas How many an acknowledgement waits for.
 */
export function weaknessesOf({ info, config }: Facts, replicas: number): string[] {
  const found: string[] = []
  const version = info.get('redis_version')
  // Valkey names the last Redis that it is like, and mends itself under numbers of its own.
  if (version !== undefined && !info.has('valkey_version') && !isMended(version)) {
    found.push(
      `Redis ${version} lets who may run scripts take it over (CVE-2025-49844), unless it is a ` +
        `patched build like Debian's: ${MENDED.join(', ')} or later are mended`,
    )
  }
  const policy = info.get('maxmemory_policy') ?? ''
  if (policy.startsWith('allkeys-')) {
    found.push(
      `Redis may forget what was acknowledged when it is full (maxmemory-policy ${policy}): ` +
        'noeviction does not',
    )
  }
  if (info.size === 0) {
    found.push('Redis does not let us ask what it is (INFO): neither version nor role are checked')
  }
  if (config === null) {
    found.push('Redis does not let us read its configuration: its tier is not known')
  } else if (config.get('appendonly') === 'no') {
    found.push(
      'Redis keeps no append-only file: when it ends, what was acknowledged is gone from it',
    )
  }
  if (info.get('aof_last_write_status') === 'err') {
    found.push('Redis could not write to its append-only file')
  }
  const connected = Number(info.get('connected_slaves') ?? 0)
  if (info.size > 0 && connected < replicas) {
    found.push(
      `Redis has ${connected} of the ${replicas} replicas that an acknowledgement waits for: ` +
        'each waits in vain',
    )
  }
  return found
}

/** Whether its line has a mended version, and it is that one or a later one. */
function isMended(version: string): boolean {
  const own = MENDED.find((one) => lineOf(one) === lineOf(version))
  return own === undefined ? !isBelow(version, MENDED.at(-1) as string) : !isBelow(version, own)
}

const lineOf = (version: string): string => version.split('.').slice(0, 2).join('.')

/** By numbers, not letters: 7.10 is above 7.9. */
function isBelow(version: string, bound: string): boolean {
  const [own, least] = [version, bound].map((text) => text.split('.').map(Number))
  for (const [i, number] of (least ?? []).entries()) {
    const at = own?.[i] ?? 0
    if (at !== number) return at < number
  }
  return false
}
