import type { Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Logger } from '../core/logger.ts'
import { ORIGIN } from '../core/position.ts'
import { decodeStateVector } from '../crdt/state-vector.ts'
import { emptiedIn } from '../entity/emptied.ts'
import type { Entry, Log, LogRead } from '../log/log.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { Snapshot, Snapshots } from '../snapshots/snapshots.ts'
import type { PassedOver } from './compact-sound.ts'
import type { Compacted, CompactJob } from './compact-thread.ts'

export interface CompactionContext {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Log
  readonly snapshots: Snapshots
  readonly metrics: Metrics
  readonly logger: Logger
  readonly gc: boolean
  /** The work itself, in a thread: it builds a document. The base may be gone afterwards. */
  compact(job: CompactJob): Promise<Compacted>
  /** Called upwards: a snapshot is committed, whoever has the entity open may begin from it. */
  committed(entity: EntityKey, snapshot: Snapshot): void
  /** Called upwards: the compaction ended before the end of the log, and must go on. */
  unfinished(entity: EntityKey): void
}

/**
 * What a compaction came to. `nothing`: there is less than was asked for. `blocked`: it would have to
 * begin with an entry that cannot be read or understood.
 */
export type CompactionResult = 'committed' | 'stale' | 'nothing' | 'blocked'

/** How little is not worth it. */
export interface Worth {
  readonly entries: number
  readonly bytes: number
}

const ANYTHING: Worth = { entries: 1, bytes: 1 }

/**
 * Turns the log of an entity into a snapshot: the newest one, the entries behind it, the work in a
 * thread, the commit. Of two that do so at the same time one is stale and has changed nothing.
 */
export class Compaction {
  readonly #context: CompactionContext

  constructor(context: CompactionContext) {
    this.#context = context
  }

  /** @throws what failed; it has been counted. */
  async run(entity: EntityKey, worth: Worth = ANYTHING): Promise<CompactionResult> {
    const { clock, metrics } = this.#context
    const since = clock.monotonic()
    try {
      const result = await this.#compact(entity, worth)
      if (result === 'nothing' || result === 'blocked') return result
      metrics.compactions.of(result).add()
      metrics.compactionTime.observe(clock.monotonic() - since)
      return result
    } catch (error) {
      metrics.compactions.of('failed').add()
      throw error
    }
  }

  async #compact(entity: EntityKey, worth: Worth): Promise<CompactionResult> {
    const { snapshots, log, gc } = this.#context
    const old = await snapshots.load(entity)
    const read = await log.read(entity, old?.position ?? ORIGIN)
    if (read.is === 'reset') return 'stale'
    const entries = wholeEntries(read)
    const bytes = entries.reduce((sum, { update }) => sum + update.length, 0)
    if (entries.length === 0) return read.skipped.length === 0 ? 'nothing' : 'blocked'
    if (entries.length < worth.entries && bytes < worth.bytes) return 'nothing'
    // Its buffer goes to the thread.
    const before = old?.emptied?.slice()
    const compacted = await this.#context.compact({
      base: old?.update ?? null,
      entries: entries.map((entry) => entry.update),
      gc,
    })
    const { stable, covered, passedOver, ...parts } = compacted
    if (!stable) this.#context.logger.info('a snapshot has no canonical form', { entity })
    const { position } = entries[covered - 1] as Entry
    const emptied = emptiedBy(before, entries, compacted)
    const snapshot: Snapshot = { ...parts, position, ...(emptied === null ? {} : { emptied }) }
    // First this: once the snapshot counts, the log may be trimmed past them.
    await this.#setAside(entity, entries, passedOver)
    const result = await snapshots.commit(entity, snapshot, old?.position ?? null)
    if (result === 'committed') {
      this.#context.committed(entity, snapshot)
      if (covered < entries.length) this.#goOn(entity, entries[covered] as Entry)
    }
    return result
  }

  #goOn(entity: EntityKey, { position: { offset } }: Entry): void {
    this.#context.logger.info('a compaction ended where Yjs fails, and goes on', { entity, offset })
    this.#context.unfinished(entity)
  }

  async #setAside(
    entity: EntityKey,
    entries: readonly Entry[],
    passedOver: readonly PassedOver[],
  ): Promise<void> {
    const { log, metrics, logger } = this.#context
    for (const { index, why } of passedOver) {
      const { position, update } = entries[index] as Entry
      await log.setAside(entity, update, `stored entry ${position.offset} is ${why}`)
      metrics.setAside.add()
      logger.warn('a stored entry was set aside', { entity, offset: position.offset, why })
    }
  }
}

/** One line of the log, for a compaction that failed. */
export function tellFailed(logger: Logger, entity: EntityKey, thrown: unknown): void {
  logger.error('a compaction failed', { entity, error: TributaryError.from(thrown) })
}

/** What a snapshot says of what it covers, as far as that was taken into it. [V34] */
function emptiedBy(
  before: Uint8Array | undefined,
  entries: readonly Entry[],
  { covered, passedOver, stateVector }: Compacted,
): Uint8Array | null {
  const isPassedOver = new Set(passedOver.map(({ index }) => index))
  const taken = entries.filter((_, index) => index < covered && !isPassedOver.has(index))
  return emptiedIn(before, taken, decodeStateVector(stateVector))?.encode() ?? null
}

/** An entry that could not be read or understood is never compacted over: only what is before it. */
function wholeEntries(read: Extract<LogRead, { is: 'entries' }>) {
  const first = Math.min(...read.skipped.map(({ offset }) => offset), Number.POSITIVE_INFINITY)
  return read.entries.filter(({ position }) => position.offset < first)
}
