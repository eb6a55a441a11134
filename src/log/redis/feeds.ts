import type { Clock } from '../../core/clock.ts'
import { TributaryError } from '../../core/errors.ts'
import type { EntityKey } from '../../core/ids.ts'
import type { Logger } from '../../core/logger.ts'
import type { Epoch, Position } from '../../core/position.ts'
import type { StateVector } from '../../crdt/scan.ts'
import { redisFault } from '../../redis/faults.ts'
import type { RedisLink } from '../../redis/link.ts'
import { partitionOf } from '../../redis/names.ts'
import type { EntrySink, LogRead, Subscription } from '../log.ts'
import type { Audited } from './audit.ts'
import { RedisFeed } from './feed.ts'
import { type News, readNews } from './news.ts'
import type { OwnOutcome } from './own-appends.ts'

export interface FeedsOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly logger: Logger
  /**
   * A log of an earlier generation than the position's has lost a removal: it is removed again first.
   *
   * @param tombstone As it was read the last time.
   */
  read(entity: EntityKey, after: Position, tombstone: StateVector | null): Promise<LogRead>
  /** A feed could not read. */
  failed(feed: RedisFeed): void
  /** A log was not the one that was followed. */
  strayed(): void
}

interface Followed extends Audited {
  /** Nearly always one. Exchanged, never changed: one may leave while all are told. */
  feeds: readonly RedisFeed[]
  tombstone: StateVector | null
  /** Resolves to what leaves the channel. */
  readonly joined: Promise<() => void>
}

/**
 * The subscriptions of a node: one channel for each entity that is followed, however many follow it.
 *
 * The channel is joined before anything is read, so that nothing falls in between. What was missed
 * since, the audit finds.
 */
export class RedisFeeds {
  readonly #link: RedisLink
  readonly #options: FeedsOptions
  readonly #followed = new Map<EntityKey, Followed>()
  #closed = false

  constructor(link: RedisLink, options: FeedsOptions) {
    this.#link = link
    this.#options = options
  }

  /** What is followed at this moment. */
  followed(): Iterable<Audited> {
    return this.#followed.values()
  }

  /** @throws {TributaryError} `storage`, `damaged`. */
  async subscribe(entity: EntityKey, after: Position, sink: EntrySink): Promise<Subscription> {
    const followed = this.#follow(entity)
    const feed = new RedisFeed(sink, {
      clock: this.#options.clock,
      read: async (from) => {
        const read = await this.#options.read(entity, from, followed.tombstone)
        if (read.is === 'entries') followed.tombstone = read.tombstone
        return read
      },
      failed: (failed) => this.#options.failed(failed),
      strayed: () => this.#options.strayed(),
      left: (gone, error) => {
        followed.feeds = followed.feeds.filter((one) => one !== gone)
        if (followed.feeds.length === 0) this.#leave(entity, followed)
        if (error !== null) this.#options.logger.error('log subscriber threw', { entity, error })
      },
    })
    followed.feeds = [...followed.feeds, feed]
    try {
      await followed.joined
    } catch (error) {
      feed.close()
      throw redisFault(error)
    }
    if (this.#closed) feed.close()
    await feed.begin(after)
    return feed
  }

  /** Everyone here has been told of what an own call was answered: at once, or when it resolves. */
  own(entity: EntityKey, news: News): OwnOutcome | Promise<OwnOutcome> {
    return this.#all(entity, (feed) => feed.own(news))
  }

  /** The same, when the news was told before and only the end of it is known. */
  reached(entity: EntityKey, position: Position): OwnOutcome | Promise<OwnOutcome> {
    return this.#all(entity, (feed) => feed.reached(position))
  }

  /** The epoch that those here have been told of; `null` when nobody follows the entity yet. */
  epochOf(entity: EntityKey): Epoch | null {
    const feeds = this.#followed.get(entity)?.feeds
    if (feeds === undefined) return null
    for (const { position } of feeds) if (position !== null) return position.epoch
    return null
  }

  /** Makes those here read: the log is not the one they know. */
  catchUp(entity: EntityKey): void {
    for (const feed of this.#followed.get(entity)?.feeds ?? []) feed.catchUp()
  }

  close(): void {
    this.#closed = true
    for (const { feeds } of [...this.#followed.values()]) for (const feed of feeds) feed.close()
  }

  #all(
    entity: EntityKey,
    ask: (feed: RedisFeed) => OwnOutcome | Promise<OwnOutcome>,
  ): OwnOutcome | Promise<OwnOutcome> {
    const feeds = this.#followed.get(entity)?.feeds
    if (feeds === undefined) return 'there'
    const [only] = feeds
    if (only !== undefined && feeds.length === 1) return ask(only)
    return Promise.all(feeds.map(ask)).then((all) => (all.includes('lost') ? 'lost' : 'there'))
  }

  #follow(entity: EntityKey): Followed {
    if (this.#closed) throw new TributaryError('draining', 'the log is closed')
    const known = this.#followed.get(entity)
    if (known !== undefined) return known
    const isKnown = (position: Position) => {
      for (const feed of followed.feeds) if (!feed.knows(position)) return false
      return true
    }
    const joined = this.#link.channels.listen(this.#link.names.channel(entity), (message) => {
      const news = readNews(message, isKnown)
      if (news !== null) for (const feed of followed.feeds) feed.tell(news)
    })
    // Each who subscribes waits for it and says so.
    joined.catch(() => {})
    const { meta } = this.#link.names.keys(entity)
    const partition = partitionOf(entity)
    const followed: Followed = { feeds: [], joined, meta, partition, tombstone: null }
    this.#followed.set(entity, followed)
    return followed
  }

  #leave(entity: EntityKey, followed: Followed): void {
    if (this.#followed.get(entity) === followed) this.#followed.delete(entity)
    followed.joined.then(
      (leave) => leave(),
      () => {},
    )
  }
}
