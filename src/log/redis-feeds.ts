import type { Clock } from '../core/clock.ts'
import { TributaryError } from '../core/errors.ts'
import type { EntityKey } from '../core/ids.ts'
import type { Logger } from '../core/logger.ts'
import type { Epoch, Position } from '../core/position.ts'
import { redisFault } from '../redis/faults.ts'
import type { RedisLink } from '../redis/link.ts'
import type { EntrySink, LogRead, Subscription } from './log.ts'
import { RedisFeed } from './redis-feed.ts'
import { type News, readNews } from './redis-news.ts'

export interface FeedsOptions {
  readonly clock: Pick<Clock, 'after'>
  readonly logger: Logger
  read(entity: EntityKey, after: Position): Promise<LogRead>
}

interface Followed {
  readonly feeds: Set<RedisFeed>
  /** Resolves to what leaves the channel. */
  readonly joined: Promise<() => void>
}

/** Feeds that catch up at once after a reconnection: 50,000 reads together would be an outage more. */
const CATCH_UP_AT_ONCE = 200
const CATCH_UP_MS = 20

/**
 * The subscriptions of a node: one channel for each entity that is followed, however many follow it.
 *
 * The channel is joined before anything is read, so that nothing falls in between. After the
 * connection was lost every feed reads what it has missed.
 */
export class RedisFeeds {
  readonly #link: RedisLink
  readonly #options: FeedsOptions
  readonly #followed = new Map<EntityKey, Followed>()
  readonly #stop: () => void
  #closed = false

  constructor(link: RedisLink, options: FeedsOptions) {
    this.#link = link
    this.#options = options
    this.#stop = link.channels.onGap(() => this.#catchUpAll())
  }

  /** @throws {TributaryError} `storage`, `damaged`. */
  async subscribe(entity: EntityKey, after: Position, sink: EntrySink): Promise<Subscription> {
    const followed = this.#follow(entity)
    const feed = new RedisFeed(sink, {
      clock: this.#options.clock,
      read: (from) => this.#options.read(entity, from),
      left: (gone, error) => {
        followed.feeds.delete(gone)
        if (followed.feeds.size === 0) this.#leave(entity, followed)
        if (error !== null) this.#options.logger.error('log subscriber threw', { entity, error })
      },
    })
    followed.feeds.add(feed)
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

  /** Resolves when everyone here has been told of what an own call was answered. */
  async own(entity: EntityKey, news: News): Promise<void> {
    const feeds = this.#followed.get(entity)?.feeds
    if (feeds !== undefined) await Promise.all([...feeds].map((feed) => feed.own(news)))
  }

  /** The same, when the news was told before and only the end of it is known. */
  async reached(entity: EntityKey, position: Position): Promise<void> {
    const feeds = this.#followed.get(entity)?.feeds
    if (feeds !== undefined) await Promise.all([...feeds].map((feed) => feed.reached(position)))
  }

  /** The epoch that those here have been told of; `null` when nobody follows the entity yet. */
  epochOf(entity: EntityKey): Epoch | null {
    for (const feed of this.#followed.get(entity)?.feeds ?? []) {
      if (feed.epoch !== null) return feed.epoch
    }
    return null
  }

  /** Makes those here read: the log is not the one they know. */
  catchUp(entity: EntityKey): void {
    for (const feed of this.#followed.get(entity)?.feeds ?? []) feed.catchUp()
  }

  close(): void {
    this.#closed = true
    this.#stop()
    for (const { feeds } of [...this.#followed.values()]) for (const feed of feeds) feed.close()
  }

  #follow(entity: EntityKey): Followed {
    if (this.#closed) throw new TributaryError('draining', 'the log is closed')
    const known = this.#followed.get(entity)
    if (known !== undefined) return known
    const feeds = new Set<RedisFeed>()
    const joined = this.#link.channels.listen(this.#link.names.channel(entity), (message) => {
      const news = readNews(message)
      if (news !== null) for (const feed of feeds) feed.tell(news)
    })
    // Each who subscribes waits for it and says so.
    joined.catch(() => {})
    const followed = { feeds, joined }
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

  #catchUpAll(): void {
    const feeds = [...this.#followed.values()].flatMap((one) => [...one.feeds])
    const next = (from: number): void => {
      for (const feed of feeds.slice(from, from + CATCH_UP_AT_ONCE)) feed.catchUp()
      if (from + CATCH_UP_AT_ONCE >= feeds.length || this.#closed) return
      this.#options.clock.after(CATCH_UP_MS, () => next(from + CATCH_UP_AT_ONCE))
    }
    next(0)
  }
}
