import type { Random } from '../core/clock.ts'

const HOLD_MS = 3_000
const SPREAD_MS = 2_000

/**
 * Who may not be here comes back for ever, and older clients 100 ms after any close. So the close
 * waits, and not for all equally long. [G21]
 *
 * @returns ms.
 */
export const deniedHold = (random: Random): number => HOLD_MS + random.next() * SPREAD_MS
