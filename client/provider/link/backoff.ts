/** Whoever has just lost a link tries again within this time: most losses are over at once. */
const FIRST_MS = 100
const BASE_MS = 250
const MOST_MS = 15_000
/** Nobody waits longer than half the time that the trouble has lasted, but for this. */
const LEAST_BOUND_MS = 1_000

/**
 * How long to wait before the next attempt, in ms: anything between nothing and a bound that
 * doubles. A thousand clients that failed together do not come back together; and when a server was
 * away for ten seconds, everybody is back five seconds after it.
 *
 * @param failures Attempts that have failed since the last link; 0: it has just been lost.
 * @param random In [0, 1).
 * @param lastedMs Since the link was lost.
 */
export function backoff(failures: number, random: number, lastedMs = Infinity): number {
  if (failures === 0) return random * FIRST_MS
  const doubled = Math.min(MOST_MS, BASE_MS * 2 ** (failures - 1))
  return random * Math.min(doubled, Math.max(LEAST_BOUND_MS, lastedMs / 2))
}

/** A server that is restarted asks its clients to come back within this time. */
const RESTART_MS = 3_000

export const afterRestart = (random: number): number => random * RESTART_MS

/** What a server has asked for is the least; many were told the same. */
export const afterHint = (again: number, random: number): number => again * (1 + random / 2)
