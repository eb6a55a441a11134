import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../core/clock.ts'
import type { ErrorCode, TributaryError } from '../core/errors.ts'
import type { EntityRef } from '../core/ids.ts'
import type { Limits } from '../core/limits.ts'
import type { Log } from '../log/log.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { Content } from './content.ts'
import type { Healer } from './healing/healer.ts'
import type { Hold } from './healing/hold.ts'
import type { Losses } from './healing/losses.ts'
import type { ReadonlyMembers } from './members.ts'
import type { NodeBudget } from './node-budget.ts'
import type { States } from './states.ts'
import type { Tickable, Ticker } from './ticker.ts'

/** What every entity of a node shares. */
export interface EntityContext {
  readonly clock: Clock
  readonly log: Log
  readonly bus: Bus
  readonly states: States
  readonly ticker: Ticker
  readonly limits: Limits
  readonly pending: NodeBudget
  readonly healer: Healer
  /** What this node has written and its store may lose; `null` for a store that loses nothing. */
  readonly hold: Hold | null
  /** `null` for a node that is alone. */
  readonly losses: Pick<Losses, 'isDoubtful' | 'isElsewhere'> | null
  readonly metrics: Metrics
  /** Entry ids: random per process start + sequence. */
  nextEntryId(): string
  /** Send a member's own update back to it once durable: for clients that wait for that. */
  readonly echo: boolean
  /** Called upwards: there is more to compact, by an own append or by what others have written. */
  grown(entity: Told, own: boolean): void
  /** Called upwards: its log holds entries that only a compaction gets rid of. */
  spoiled(entity: Told): void
  trouble(entity: Told, what: string, error: TributaryError): void
}

/** An entity, as far as those above are told of it. */
export interface Told {
  readonly ref: EntityRef
  readonly tailSize: TailSize
}

/** Entries and bytes that no snapshot covers, and bytes of everything. */
export interface TailSize {
  readonly entries: number
  readonly bytes: number
  readonly whole: number
}

/** The entity, as its own parts see it: each holds it, and not what is there already. */
export interface Whole extends Told, Tickable {
  readonly context: EntityContext
  readonly content: Content
  /** Those who have it open; `members` says how many they are. */
  readonly joined: ReadonlyMembers
  readonly closed: boolean
  /** Sends every member away. */
  evict(code: ErrorCode): void
}
