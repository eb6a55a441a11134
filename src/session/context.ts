import type { May } from '../access/access.ts'
import type { Clock } from '../core/clock.ts'
import type { Limits, Paces } from '../core/limits.ts'
import type { Logger } from '../core/logger.ts'
import type { UpdateScan } from '../crdt/scan.ts'
import type { Metrics } from '../ops/metrics.ts'

/** What every session of a node shares. */
export interface SessionContext {
  readonly clock: Clock
  readonly limits: Limits
  readonly paces: Paces
  readonly metrics: Metrics
  /** Checks an update in a thread: for those that would hold up the loop. */
  checkInThread(bytes: Uint8Array): Promise<UpdateScan>
}

/** Who the client is and what it may do. */
export interface Caller {
  readonly actor: string
  readonly session: string
  readonly may: May
  /** When its right to be here ends, on the monotonic clock; `null`: never. */
  readonly until: number | null
  readonly logger: Logger
}

/**
 * The wall clock says when a token expires; from here on the clock that nobody sets counts.
 *
 * @param expiresAt As an admission has it.
 */
export const untilOf = (clock: Clock, expiresAt: number | null): Caller['until'] =>
  expiresAt === null ? null : clock.monotonic() + Math.max(0, expiresAt - clock.wall())
