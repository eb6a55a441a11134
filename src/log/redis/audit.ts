import type { Cancel, Clock } from '../../core/clock.ts'
import { TributaryError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { type Epoch, generationOf, type Position } from '../../core/position.ts'
import { Followers } from '../../redis/followers.ts'
import { identityOfRedis } from '../../redis/identity.ts'
import type { RedisLink } from '../../redis/link.ts'
import type { ScriptReply } from '../../redis/scripts.ts'
import type { RedisFeed } from './feed.ts'
import type { RedisMarks } from './marks.ts'
import { PacedReads } from './paced-reads.ts'

/** A log that is compared. */
export interface Audited {
  /** The name of its meta string. */
  readonly meta: string
  readonly partition: number
  readonly feeds: Iterable<RedisFeed>
}

/** A removal that must not be undone by a store that has lost it. */
export interface KeptRemoval {
  readonly meta: string
  readonly generation: number
  /** Removes it again. */
  repeat(): void
}

export interface AuditOptions {
  readonly clock: Pick<Clock, 'after' | 'monotonic'>
  readonly logger: Logger
  /** Between two rounds, in ms. */
  readonly pace: number
  readonly marks: RedisMarks
  followed(): Iterable<Audited>
  removals(): Iterable<KeptRemoval>
}

/** Keys of one MGET: 0.4 ms of Redis, 0.8 of the loop. */
const AT_ONCE = 500
/** Between two of them the loop and Redis serve others. */
const SPREAD_MS = 2
/** So long the published copies of what a log is ahead may be on their way. */
const PATIENCE_MS = 200
/** A round that could not be finished is tried again after this. */
const RETRY_MS = 1_000

/**
 * Compares what this node follows with the ends of the logs in Redis, round after round: a message
 * that was lost, a FLUSHALL and a failover break no connection, and nobody need ever write again.
 * [L64]
 *
 * What a log is ahead may be on its way; whatever else differs makes its feeds read at once, and the
 * read decides. A round is 500 keys at a time. For 50,000 logs it takes Redis 40 ms and the node 80.
 */
export class RedisAudit {
  readonly #link: RedisLink
  readonly #options: AuditOptions
  readonly #stops: readonly (() => void)[]
  readonly #reads: PacedReads
  #cancelNext: Cancel | null = null
  /** Of what a round waits for. */
  readonly #waits = new Set<Cancel>()
  #isRunning = false
  #again = false
  #closed = false
  #history: string | null = null
  readonly #followers = new Followers()
  /** When one of them was seen to be missing, the last time. */
  #missedAt = Number.NEGATIVE_INFINITY
  /** This user may ask Redis who it is. */
  #mayAsk = true
  #outages = 0
  /** Since then nothing has changed, as far as `#isGood`. */
  #changed: number
  /** The last round was finished, and the link has been there since. */
  #isGood = false

  constructor(link: RedisLink, options: AuditOptions) {
    this.#link = link
    this.#options = options
    this.#reads = new PacedReads(options.clock, () => link.state.is === 'ready')
    this.#changed = options.clock.monotonic()
    this.#stops = [
      link.onState((state) => {
        if (state.is === 'ready') this.now()
        else this.#away()
      }),
    ]
    this.now()
  }

  /** As `RedisLog.steadySince`. */
  get steadySince(): number | null {
    return this.#isGood ? this.#changed : null
  }

  /** As `RedisLog.safeSince`. */
  get safeSince(): number | null {
    return this.#isGood ? Math.max(this.#changed, this.#missedAt) : null
  }

  /** Begins a round, or one more behind the one that is under way. */
  now(): void {
    this.#cancelNext?.()
    this.#cancelNext = null
    if (this.#closed) return
    this.#again = this.#isRunning
    if (this.#isRunning) return
    this.#isRunning = true
    this.#round().then(
      () => this.#ended(this.#options.pace),
      (error: unknown) => {
        this.#isGood = false
        // Without a connection there is nothing to say: the link says it.
        const isAway = error instanceof TributaryError && error.code === 'storage'
        if (!isAway) this.#tell(error)
        this.#ended(Math.min(RETRY_MS, this.#options.pace))
      },
    )
  }

  /** Something that was followed is not there as it was. */
  strayed(): void {
    this.#changed = this.#options.clock.monotonic()
  }

  /** A feed could not read: it is told to again in a while. */
  failed(feed: RedisFeed): void {
    this.#reads.failed(feed)
  }

  close(): void {
    this.#closed = true
    for (const stop of this.#stops) stop()
    this.#cancelNext?.()
    for (const cancel of this.#waits) cancel()
    this.#reads.close()
  }

  #ended(next: number): void {
    this.#isRunning = false
    if (this.#closed) return
    if (this.#again) this.now()
    else this.#cancelNext = this.#options.clock.after(next, () => this.now())
  }

  #tell(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    this.#options.logger.error('the logs in Redis cannot be compared', { error })
  }

  #away(): void {
    this.#isGood = false
    this.#mayAsk = true
    this.#outages++
  }

  async #round(): Promise<void> {
    if (this.#link.state.is !== 'ready') throw new TributaryError('storage', 'Redis is away')
    const [began, outages] = [this.#options.clock.monotonic(), this.#outages]
    await this.#recognise()
    const followed = [...this.#options.followed()]
    const partitions = [...new Set(followed.map(({ partition }) => partition))]
    if (await this.#options.marks.haveChanged(partitions)) this.strayed()
    const behind: Behind[] = []
    let others = 0
    for (let i = 0; i < followed.length && !this.#closed; i += AT_ONCE) {
      if (i > 0) await this.#pause(SPREAD_MS)
      others += await this.#compare(followed.slice(i, i + AT_ONCE), behind)
    }
    await this.#compareRemovals()
    if (others > 0) {
      this.#options.logger.warn('logs in Redis are not what was followed', { entities: others })
    }
    this.#waitFor(behind)
    if (outages !== this.#outages) return
    if (!this.#isGood) this.#changed = Math.max(this.#changed, began)
    this.#isGood = true
  }

  async #recognise(): Promise<void> {
    if (!this.#mayAsk) return
    const identity = await identityOfRedis(this.#link)
    if (identity === null) {
      this.#mayAsk = false
      return
    }
    // What a replica has may be what it has not received yet.
    if (identity.role === 'slave') throw new TributaryError('storage', 'this Redis is a replica')
    if (this.#history !== null && this.#history !== identity.history) {
      this.strayed()
      this.#followers.forget()
    }
    this.#history = identity.history
    const now = this.#options.clock.monotonic()
    if (this.#followers.seen(identity.followers, now)) this.#missedAt = now
  }

  /** @returns how many logs are another one than was followed. */
  async #compare(followed: readonly Audited[], behind: Behind[]): Promise<number> {
    // What is told while the answer is under way says nothing against the answer.
    const asked = followed.map(({ feeds }) =>
      [...feeds].map((feed) => ({ feed, at: feed.position })),
    )
    const metas = await this.#metas(followed)
    let others = 0
    for (const [i, meta] of metas.entries()) {
      let isOther = false
      for (const { feed, at } of asked[i] ?? []) {
        if (at === null) continue
        const is = verdictOf(meta, at)
        if (is === 'other' || feed.isUnverified) this.#reads.add(feed)
        else if (is !== 'same') behind.push({ feed, ...is })
        isOther ||= is === 'other'
      }
      if (isOther) others++
    }
    return others
  }

  async #compareRemovals(): Promise<void> {
    const kept = [...this.#options.removals()]
    for (let i = 0; i < kept.length; i += AT_ONCE) {
      const some = kept.slice(i, i + AT_ONCE)
      for (const [j, meta] of (await this.#metas(some)).entries()) {
        const { generation, repeat } = some[j] as KeptRemoval
        const epoch = meta === null ? null : endOf(meta)?.epoch
        if (epoch === null || (epoch !== undefined && generationOf(epoch) < generation)) repeat()
      }
    }
  }

  async #metas(keys: readonly { readonly meta: string }[]): Promise<readonly (string | null)[]> {
    const reply = await this.#link.call('MGET', ...keys.map(({ meta }) => meta))
    return (reply as readonly ScriptReply[]).map((meta) =>
      Buffer.isBuffer(meta) ? meta.toString('latin1') : null,
    )
  }

  #waitFor(behind: readonly Behind[]): void {
    if (behind.length === 0) return
    this.#after(PATIENCE_MS, () => {
      for (const { feed, epoch, offset } of behind) {
        const at = feed.position
        if (at !== null && (at.epoch !== epoch || at.offset < offset)) this.#reads.add(feed)
      }
    })
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#after(ms, resolve))
  }

  #after(ms: number, then: () => void): void {
    // Closed, a round goes on no further than here.
    if (this.#closed) return
    const cancel = this.#options.clock.after(ms, () => {
      this.#waits.delete(cancel)
      then()
    })
    this.#waits.add(cancel)
  }
}

/** A feed, and where its log has been seen to end. */
interface Behind {
  readonly feed: RedisFeed
  readonly epoch: Epoch
  readonly offset: number
}

/** What a meta string says about a position: the log ends there, it goes on, or it is another one. */
function verdictOf(
  meta: string | null,
  at: Position,
): 'same' | 'other' | { readonly epoch: Epoch; readonly offset: number } {
  // Somebody may have begun it since: an epoch without an incarnation is that of no log.
  const isUnborn = at.epoch.endsWith('.') && at.offset === 0
  if (meta === null) return isUnborn ? 'same' : 'other'
  if (meta.startsWith(`1 ${at.epoch} ${at.offset} ${at.check} `)) return 'same'
  const end = endOf(meta)
  if (end === null) return 'other'
  const { epoch, offset } = end
  // A removal is told like an entry.
  if (generationOf(epoch) > generationOf(at.epoch)) return end
  if (isUnborn && generationOf(epoch) === generationOf(at.epoch)) return end
  return epoch === at.epoch && offset > at.offset ? end : 'other'
}

/** Where a log ends by its meta; `null` when that is not understood. */
function endOf(meta: string): { readonly epoch: Epoch; readonly offset: number } | null {
  const [, epoch, offset] = /^1 (\d+\.[0-9a-z]+) (\d+) /.exec(meta) ?? []
  return epoch === undefined ? null : { epoch: epoch as Epoch, offset: Number(offset) }
}
