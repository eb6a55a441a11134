import type { Tier } from '../core/tier.ts'
import type { Facts } from './facts.ts'

/** How safe an entry is that this Redis has acknowledged. */
export interface TierReading {
  readonly tier: Tier
  /** What says so, for people. */
  readonly why: string
  /** An operator says so, since Redis does not. */
  readonly declared: boolean
}

/** Until something is known. */
export const UNKNOWN: TierReading = { tier: 'memory', why: 'not asked yet', declared: false }

/**
 * Redis answers when its append-only file has taken an entry, except with `everysec`: while an fsync
 * runs it holds what it has answered back in its own memory, for up to 2 s, so that a kill of Redis
 * loses it. (That its buffer was empty after an entry would have to be asked for each: an INFO costs
 * more than the entry.) `always` means fsynced, on that one host; with `no-appendfsync-on-rewrite`
 * not while a child of Redis writes, which may begin between two looks at it.
 *
 * @param declared What an operator says who knows better; counts only where Redis says nothing.
 */
export function tierOf({ info, config }: Facts, declared: Tier | null): TierReading {
  const told = (tier: Tier, why: string): TierReading => ({ tier, why, declared: false })
  if (config === null) {
    return declared === null
      ? told('memory', 'its configuration may not be read')
      : { tier: declared, why: 'declared by --redis-tier', declared: true }
  }
  if (config.get('appendonly') !== 'yes') return told('memory', 'appendonly no')
  if ((info.get('aof_last_write_status') ?? 'ok') !== 'ok') {
    return told('memory', 'the last write to the append-only file failed')
  }
  const fsync = config.get('appendfsync') ?? 'unknown'
  if (fsync === 'no') return told('process', 'appendfsync no')
  if (fsync !== 'always') return told('memory', `appendfsync ${fsync}`)
  return config.get('no-appendfsync-on-rewrite') === 'yes'
    ? told('process', 'appendfsync always, but no-appendfsync-on-rewrite yes')
    : told('disk', 'appendfsync always')
}
