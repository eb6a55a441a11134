import type { Cancel, Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Paces } from '../core/limits.ts'
import type { Logger } from '../core/logger.ts'
import { ORIGIN } from '../core/position.ts'
import type { Entry, Log, LogRead } from '../log/log.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { Snapshot, Snapshots } from '../snapshots/snapshots.ts'
import type { PassedOver } from './compact-sound.ts'
import type { Compacted, CompactJob } from './compact-thread.ts'

export interface CompactorContext {
  readonly clock: Clock
  readonly log: Log
  readonly snapshots: Snapshots
  readonly metrics: Metrics
  readonly logger: Logger
  readonly paces: Paces
  readonly gc: boolean
  /** The work itself, in a thread: it builds a document. The base may be gone afterwards. */
  compact(job: CompactJob): Promise<Compacted>
  /** Called upwards: a snapshot is committed, whoever has the entity open may begin from it. */
  committed(entity: EntityKey, snapshot: Snapshot): void
}

/** An entity whose compaction failed is left alone for so long. */
const RETRY_MS = 60_000

/**
 * Turns logs into snapshots, one entity after another.
 *
 * An entity is due after `compactEntries` entries, `compactBytes` bytes, or `compactQuiet` ms without
 * a write. What was due is remembered in memory only: an entity that is opened again with a long
 * tail is due again.
 */
export class Compactor {
  readonly #context: CompactorContext
  /** Due now, in the order in which they fell due. */
  readonly #due = new Set<EntityKey>()
  /** Written to, and when it was last; in that order. */
  readonly #quiet = new Map<EntityKey, number>()
  readonly #failedAt = new Map<EntityKey, number>()
  #running: Promise<void> | null = null
  #cancelSweep: Cancel
  #closed = false

  constructor(context: CompactorContext) {
    this.#context = context
    this.#cancelSweep = this.#armSweep()
  }

  /** The entity's tail has grown. */
  grown(entity: EntityKey, tail: { readonly entries: number; readonly bytes: number }): void {
    const { clock, paces } = this.#context
    this.#quiet.delete(entity)
    if (tail.entries >= paces.compactEntries || tail.bytes >= paces.compactBytes) this.offer(entity)
    else if (tail.entries > 0) this.#quiet.set(entity, clock.monotonic())
  }

  /** The entity is due, whatever its size. */
  offer(entity: EntityKey): void {
    if (this.#closed || this.#failedLately(entity)) return
    this.#quiet.delete(entity)
    this.#due.add(entity)
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
  }

  /** Resolves when nothing is due any more. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  /** Stops after what is under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelSweep()
    this.#due.clear()
    this.#quiet.clear()
    await this.#running
  }

  #failedLately(entity: EntityKey): boolean {
    const at = this.#failedAt.get(entity)
    if (at === undefined) return false
    if (this.#context.clock.monotonic() - at < RETRY_MS) return true
    this.#failedAt.delete(entity)
    return false
  }

  #armSweep(): Cancel {
    const { clock, paces } = this.#context
    return clock.after(Math.max(10, paces.compactQuiet / 4), () => {
      this.#cancelSweep = this.#armSweep()
      const before = clock.monotonic() - paces.compactQuiet
      for (const [entity, at] of this.#quiet) {
        if (at > before) break
        this.offer(entity)
      }
    })
  }

  async #run(): Promise<void> {
    for (const entity of this.#due) {
      this.#due.delete(entity)
      const { clock, metrics, logger } = this.#context
      const since = clock.monotonic()
      try {
        const result = await this.#compact(entity)
        metrics.compactions.of(result).add()
        metrics.compactionTime.observe(clock.monotonic() - since)
      } catch (thrown) {
        if (this.#closed) return
        this.#failedAt.set(entity, clock.monotonic())
        metrics.compactions.of('failed').add()
        logger.error('a compaction failed', { entity, error: TributaryError.from(thrown) })
      }
    }
  }

  async #compact(entity: EntityKey): Promise<'committed' | 'stale'> {
    const { snapshots, log, gc } = this.#context
    const old = await snapshots.load(entity)
    const read = await log.read(entity, old?.position ?? ORIGIN)
    if (read.is === 'reset') return 'stale'
    const entries = wholeEntries(read)
    if (entries.length === 0) return 'stale'
    const compacted = await this.#context.compact({
      base: old?.update ?? null,
      entries: entries.map((entry) => entry.update),
      gc,
    })
    const { stable, covered, passedOver, ...parts } = compacted
    if (!stable) this.#context.logger.info('a snapshot has no canonical form', { entity })
    const { position } = entries[covered - 1] as Entry
    const snapshot: Snapshot = { ...parts, position }
    // First this: once the snapshot counts, the log may be trimmed past them.
    await this.#setAside(entity, entries, passedOver)
    const result = await snapshots.commit(entity, snapshot, old?.position ?? null)
    if (result === 'committed') {
      this.#context.committed(entity, snapshot)
      if (covered < entries.length) this.#goOn(entity, entries[covered] as Entry)
    }
    return result
  }

  /** Behind the others that are due. */
  #goOn(entity: EntityKey, { position: { offset } }: Entry): void {
    this.#context.logger.info('a compaction ended where Yjs fails, and goes on', { entity, offset })
    this.offer(entity)
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

/** An entry that could not be read or understood is never compacted over: only what is before it. */
function wholeEntries(read: Extract<LogRead, { is: 'entries' }>) {
  const first = Math.min(...read.skipped.map(({ offset }) => offset), Number.POSITIVE_INFINITY)
  return read.entries.filter(({ position }) => position.offset < first)
}
