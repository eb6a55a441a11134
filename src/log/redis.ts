import type { Branch } from '../core/branch.ts'
import type { Clock, Random } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Logger } from '../core/logger.ts'
import {
  formatPosition,
  generationOf,
  INCARNATION_LENGTH,
  ORIGIN,
  type Position,
  parsePosition,
  samePosition,
} from '../core/position.ts'
import type { Tier } from '../core/tier.ts'
import type { StateVector } from '../crdt/scan.ts'
import type { Metrics } from '../ops/metrics.ts'
import { RECORD_HEAD, RECORD_OVERHEAD, sealInPlace, sealJson } from '../record/record.ts'
import { keptNow } from '../redis/kept.ts'
import type { RedisLink } from '../redis/link.ts'
import { partitionOf } from '../redis/names.ts'
import { answer, text } from '../redis/rows.ts'
import type { ScriptReply } from '../redis/scripts.ts'
import { entryAt, readFrom } from './chain.ts'
import { contentBound, idPrefix, putContent } from './entry.ts'
import type {
  Appended,
  AppendOptions,
  EntrySink,
  Log,
  LogRead,
  NewEntry,
  SetAside,
  Subscription,
} from './log.ts'
import { RedisAside } from './redis/aside.ts'
import { RedisAudit } from './redis/audit.ts'
import { RedisFeeds } from './redis/feeds.ts'
import { type Mark, RedisMarks } from './redis/marks.ts'
import type { OwnOutcome } from './redis/own-appends.ts'
import { type Page, readPage } from './redis/page.ts'
import { placeOfByte, positionIn } from './redis/position-in.ts'
import { RedisRemovals } from './redis/removals.ts'
import { WrittenEntities } from './redis/written.ts'
import { Turns } from './turns.ts'

export interface RedisLogOptions {
  readonly clock: Pick<Clock, 'after' | 'monotonic' | 'wall'>
  readonly random: Pick<Random, 'id'>
  readonly logger: Logger
  /** Counts what somebody else's entries come to. */
  readonly metrics?: Pick<Metrics, 'setAside'>
  readonly limits: { readonly setAsideBytes: number }
  readonly paces: { readonly audit: number }
  /** How safe an entry is that this Redis has acknowledged: found out and watched elsewhere. */
  readonly tier: () => Tier
  /** Resolves to how many replicas have everything that was answered before. None, unless given. */
  readonly replicated?: () => Promise<number>
}

/** Bytes of one page of a read: Redis serves nobody else while it copies one. */
const PAGE_BYTES = 4 * 1024 * 1024
/** A trim or a removal may come between two pages; so often in a row hardly. */
const ATTEMPTS = 5
/** How the reply to nearly every append begins. */
const NEW = 'new '
const SPACE = 32
const NO_ROWS: readonly ScriptReply[] = []

/**
 * The log of a cluster: each entity's entries in a Redis Stream, told to all nodes by Pub/Sub.
 *
 * A script gives an entry its place, writes it and publishes it. Calls for one entity go out one
 * after the other; those of different entities share the connection. What the other nodes do is
 * seen by the script alone, so nothing here is believed about the end of a log.
 *
 * `storage` leaves the outcome open: the answer may be what was lost. The same entry appended again
 * is looked for in the stream by its id, so that it is there once. [L50]
 *
 * Who follows an entity appends only to the history that was told of: what was made for a removed
 * generation, or for one that Redis has lost, must not slip into the next. [L61]
 */
export class RedisLog implements Log {
  readonly #link: RedisLink
  readonly #options: RedisLogOptions
  readonly #feeds: RedisFeeds
  readonly #audit: RedisAudit
  readonly #marks: RedisMarks
  readonly #removals: RedisRemovals
  readonly #aside: RedisAside
  readonly #turns = new Turns()
  readonly #written: WrittenEntities
  #closed = false

  /** @param link Stays its owner's: closing the log does not close it. */
  constructor(link: RedisLink, options: RedisLogOptions) {
    this.#link = link
    this.#options = options
    this.#written = new WrittenEntities(link.names)
    this.#aside = new RedisAside(link, options.limits.setAsideBytes)
    this.#removals = new RedisRemovals(options.clock)
    this.#marks = new RedisMarks(link, options.random)
    this.#feeds = new RedisFeeds(link, {
      clock: options.clock,
      logger: options.logger,
      read: (entity, after, tombstone) => this.#readOn(entity, after, tombstone),
      failed: (feed) => this.#audit.failed(feed),
      strayed: () => this.#audit.strayed(),
    })
    this.#audit = new RedisAudit(link, {
      clock: options.clock,
      logger: options.logger,
      pace: options.paces.audit,
      marks: this.#marks,
      followed: () => this.#feeds.followed(),
      removals: () => this.#keptRemovals(),
    })
  }

  /**
   * Since when, in ms of the monotonic clock, Redis has been reachable and unchanged: no connection
   * was lost, no other Redis answers, and every log and mark that was followed is what it was. `null`
   * while it is not reachable, or not known to be. [L66]
   */
  get steadySince(): number | null {
    return this.#audit.steadySince
  }

  /**
   * The same, and no replica was missing: only since then is what Redis has acknowledged where it
   * would be looked for if this Redis were gone. [L94]
   */
  get safeSince(): number | null {
    return this.#audit.safeSince
  }

  /**
   * The instance mark beside an entity: what is empty under a young one may have been lost.
   *
   * @throws {TributaryError} `storage`, `damaged`.
   */
  async markOf(entity: EntityKey): Promise<Mark> {
    this.#refuseWhenClosed()
    return await this.#marks.of(partitionOf(entity))
  }

  get tier(): Tier {
    return this.#options.tier()
  }

  append(entity: EntityKey, entry: NewEntry, { expect }: AppendOptions = {}): Promise<Appended> {
    if (this.#closed) return Promise.reject(drained())
    return this.#turns.take(entity, () => this.#append(entity, entry, expect))
  }

  async read(entity: EntityKey, after: Position): Promise<LogRead> {
    this.#refuseWhenClosed()
    for (let attempt = 1; ; attempt++) {
      const pages = await this.#pages(entity, after)
      if (pages !== null) return logReadOf(pages, after)
      if (attempt === ATTEMPTS) {
        throw new TributaryError('storage', `the log of ${entity} changed while it was read`)
      }
    }
  }

  async subscribe(entity: EntityKey, after: Position, sink: EntrySink): Promise<Subscription> {
    this.#refuseWhenClosed()
    return await this.#feeds.subscribe(entity, after, sink)
  }

  async remove(entity: EntityKey, stateVector: StateVector): Promise<Position> {
    this.#refuseWhenClosed()
    return await this.#turns.take(entity, async () => {
      const head = await this.#remove(entity, stateVector)
      this.#removals.note(entity, head, stateVector)
      this.#written.of(entity).forget()
      await this.#feeds.own(entity, { is: 'reset', head })
      return head
    })
  }

  async setAside(entity: EntityKey, bytes: Uint8Array, why: string): Promise<void> {
    this.#refuseWhenClosed()
    const time = this.#options.clock.wall()
    await this.#aside.keep({ entity, time, why, bytes })
  }

  listSetAside(): AsyncGenerator<SetAside> {
    return this.#aside.list()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#turns.idle()
    this.#audit.close()
    this.#feeds.close()
  }

  async #append(
    entity: EntityKey,
    entry: NewEntry,
    expect: Position | undefined,
  ): Promise<Appended> {
    const written = this.#written.of(entity)
    const isAgain = written.sends(entry.id)
    const reply = await this.#link.run('append', written.keys, [
      this.#mint(),
      entry.id,
      recordOf(entry),
      isAgain ? idPrefix(entry.id) : '',
      expect === undefined ? '' : formatPosition(expect),
      written.told,
      expect === undefined ? (this.#feeds.epochOf(entity) ?? '') : '',
    ])
    const { is, position, previous, foreign } = outcomeOf(reply)
    if (is === 'conflict') {
      const wanted = expect === undefined ? '' : formatPosition(expect)
      const message = `the log was expected to end at ${wanted}, not ${formatPosition(position)}`
      throw new TributaryError('conflict', message)
    }
    if (is === 'elsewhere') {
      this.#feeds.catchUp(entity)
      const message = `the log of ${entity} is of another history by now: ${position.epoch}`
      throw new TributaryError('storage', message)
    }
    if (is === 'known') this.#held(entity, await this.#feeds.reached(entity, position))
    else if (previous !== null) {
      const own = { is: 'entry', previous, entry: entryAt(position, entry) } as const
      // Not awaited when it is known, as nearly always: each wait is a turn of the microtasks.
      const outcome = this.#feeds.own(entity, own)
      this.#held(entity, typeof outcome === 'string' ? outcome : await outcome)
      if (foreign.length > 0) await this.#keepForeign(entity, foreign)
    }
    const { tier } = this
    const { replicated } = this.#options
    return { position, tier, replicas: replicated === undefined ? 0 : await replicated() }
  }

  #held(entity: EntityKey, outcome: OwnOutcome): void {
    if (outcome === 'there') return
    throw new TributaryError('storage', `the log of ${entity} has lost what it was given`)
  }

  /** What somebody else put into the stream made way for the entry. [L53] */
  async #keepForeign(entity: EntityKey, rows: readonly ScriptReply[]): Promise<void> {
    this.#options.logger.warn('foreign entries in a stream', { entity, entries: rows.length })
    for (const row of rows) {
      const [id, fields] = row as readonly [Buffer, readonly Buffer[]]
      const bytes = Buffer.concat(fields)
      const why = `entry ${id} of its stream in Redis was not ours`
      await this.setAside(entity, bytes, why).then(
        () => this.#options.metrics?.setAside.add(),
        () => {},
      )
    }
  }

  /** For those who follow. What they were told of a removal stands: a log that has lost it loses. */
  async #readOn(
    entity: EntityKey,
    after: Position,
    tombstone: StateVector | null,
  ): Promise<LogRead> {
    const read = await this.read(entity, after)
    const generation = generationOf(after.epoch)
    if (read.is === 'entries' || generationOf(read.head.epoch) >= generation) return read
    await this.#remove(entity, this.#removals.tombstoneOf(entity, tombstone), generation)
    return await this.read(entity, after)
  }

  *#keptRemovals() {
    for (const [entity, generation] of this.#removals.kept(this.safeSince)) {
      const repeat = () => {
        const tombstone = this.#removals.tombstoneOf(entity, null)
        // Without Redis the next round does it.
        this.#remove(entity, tombstone, generation).catch(() => {})
      }
      yield { meta: this.#link.names.keys(entity).meta, generation, repeat }
    }
  }

  /** @param least A log of this generation, or a later one, is left as it is. */
  async #remove(entity: EntityKey, tombstone: StateVector, least?: number): Promise<Position> {
    const { meta, stream, tombstones, snapshots, dirty } = this.#link.names.keys(entity)
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const kept = await keptNow(this.#link, entity)
      const keys = [meta, stream, tombstones, snapshots, dirty, ...kept.pieces]
      const channel = this.#link.names.channel(entity)
      const record = sealJson([...tombstone])
      const args = [this.#mint(), record, channel, ...kept.identities, least ?? '']
      const [is, head] = answer(await this.#link.run('remove', keys, args))
      if (text(is) === 'removed') return parsePosition(text(head))
    }
    throw new TributaryError('storage', `the snapshots of ${entity} changed while it was removed`)
  }

  /** `null` when the log was removed or trimmed between two pages, or became another branch of itself. */
  async #pages(entity: EntityKey, after: Position): Promise<Page[] | null> {
    const { meta, stream, tombstones, snapshots } = this.#link.names.keys(entity)
    const pages: Page[] = []
    let from = after.offset
    // The origin stands for the start of any log.
    let condition = samePosition(after, ORIGIN) ? ['', ''] : [after.epoch, after.check]
    for (;;) {
      const args = [this.#mint(), from, PAGE_BYTES, ...condition]
      const page = readPage(
        await this.#link.run('read', [meta, stream, tombstones, snapshots], args),
      )
      const [first] = pages
      if (first !== undefined) {
        if (page.head.epoch !== first.head.epoch || page.base.offset > from) return null
        const last = pages.at(-1)?.rows.at(-1)
        if (last?.offset === from && last.check !== page.checkAt) return null
      }
      pages.push(page)
      if (page.next === null) return pages
      from = page.next
      condition = ['', '']
    }
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw drained()
  }

  readonly #mint = (): string => this.#options.random.id(INCARNATION_LENGTH)
}

const drained = () => new TributaryError('draining', 'the log is closed')

/** What `append` says, see there. @throws {TributaryError} `damaged`. */
function outcomeOf(reply: ScriptReply) {
  if (Buffer.isBuffer(reply)) {
    const middle = placeOfByte(reply, SPACE, NEW.length, reply.length)
    const position = positionIn(reply, NEW.length, middle)
    const previous = positionIn(reply, middle + 1, reply.length)
    if (position === null || previous === null) throw new TributaryError('damaged', 'not an answer')
    return { is: 'new', position, previous, foreign: NO_ROWS }
  }
  const [is, at, before, foreign = NO_ROWS] = answer(reply)
  return {
    is: text(is),
    position: parsePosition(text(at)),
    previous: before === undefined ? null : parsePosition(text(before)),
    foreign: foreign as readonly ScriptReply[],
  }
}

function logReadOf(pages: readonly Page[], after: Position): LogRead {
  const [first, last] = [pages[0], pages.at(-1)] as [Page, Page]
  const branch: Branch = { epoch: last.head.epoch, base: first.base, head: last.head }
  const rows = pages.flatMap((page) => page.rows)
  return readFrom({ branch, tombstone: last.tombstone }, after, () => first.checkAt, rows)
}

function recordOf(entry: NewEntry): Uint8Array {
  const buffer = Buffer.allocUnsafe(contentBound(entry) + RECORD_OVERHEAD)
  const end = putContent(buffer, RECORD_HEAD, entry)
  const record = buffer.subarray(0, end + RECORD_OVERHEAD - RECORD_HEAD)
  sealInPlace(record)
  return record
}
