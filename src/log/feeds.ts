import type { EntityKey } from '../core/ids.ts'
import type { Logger } from '../core/logger.ts'
import { generationOf, type Position, samePosition } from '../core/position.ts'
import type { Entry, EntrySink, LogRead, Subscription } from './log.ts'

type News =
  | { readonly is: 'entry'; readonly entry: Entry; readonly previous: Position }
  | { readonly is: 'reset'; readonly head: Position }

/**
 * ```
 * catching-up ── the read has come, what came meanwhile is handed on ──► live
 *      └───────────────── closed by its owner, or its sink threw ──────────┴──► closed
 * ```
 */
type State =
  | { readonly is: 'catching-up'; readonly held: News[] }
  | { readonly is: 'live'; at: Position }
  | { readonly is: 'closed' }

/**
 * The subscriptions of one log, fed from its own appends: a single process is the only one that
 * appends, so nothing has to be asked for again. Each feed registers first, then reads what is
 * there, then hands on what came meanwhile, so that nothing falls in between.
 *
 * An entry goes to its sinks only if it continues exactly what they have; anything else is told to
 * them as a reset, never passed over. Without subscriptions an append costs one lookup in an empty
 * Map.
 */
export class Feeds {
  readonly #logger: Logger
  /** Nearly always one each, so in arrays, which are never changed: a Set of one weighs 0.2 KB more. */
  readonly #feeds = new Map<EntityKey, readonly Feed[]>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Whether anybody listens. */
  has(entity: EntityKey): boolean {
    return this.#feeds.has(entity)
  }

  /** @param previous Where the log ended before this entry. */
  entry(entity: EntityKey, entry: Entry, previous: Position): void {
    const feeds = this.#feeds.get(entity)
    if (feeds !== undefined) for (const feed of feeds) feed.tell({ is: 'entry', entry, previous })
  }

  reset(entity: EntityKey, head: Position): void {
    const feeds = this.#feeds.get(entity)
    if (feeds !== undefined) for (const feed of feeds) feed.tell({ is: 'reset', head })
  }

  /**
   * Resolves when the sink has been told everything up to the end of the log.
   *
   * @param read `Log.read` behind `after`, called once the feed is registered.
   */
  async subscribe(
    entity: EntityKey,
    sink: EntrySink,
    read: () => Promise<LogRead>,
  ): Promise<Subscription> {
    const feed = new Feed(entity, sink, this)
    const others = this.#feeds.get(entity)
    // Spread into, an array keeps room for 16 more.
    this.#feeds.set(entity, others === undefined ? [feed] : [...others, feed])
    try {
      feed.begin(await read())
    } catch (error) {
      feed.close()
      throw error
    }
    return feed
  }

  /** A feed's. */
  left(feed: Feed, entity: EntityKey): void {
    const others = this.#feeds.get(entity)?.filter((one) => one !== feed) ?? []
    if (others.length === 0) this.#feeds.delete(entity)
    else this.#feeds.set(entity, others)
  }

  /** A feed's. */
  fault(error: Error, entity: EntityKey): void {
    this.#logger.error('log subscriber threw', { entity, error })
  }

  close(): void {
    for (const feeds of this.#feeds.values()) for (const feed of feeds) feed.close()
  }
}

class Feed implements Subscription {
  readonly #entity: EntityKey
  readonly #sink: EntrySink
  readonly #feeds: Feeds
  #state: State = { is: 'catching-up', held: [] }

  constructor(entity: EntityKey, sink: EntrySink, feeds: Feeds) {
    this.#entity = entity
    this.#sink = sink
    this.#feeds = feeds
  }

  tell(news: News): void {
    const state = this.#state
    if (state.is === 'catching-up') state.held.push(news)
    if (state.is === 'live') this.#hand(news, state.at)
  }

  begin(read: LogRead): void {
    if (this.#state.is !== 'catching-up') return
    const { held } = this.#state
    if (read.is === 'reset' || read.skipped.length > 0) {
      this.#live(read.head, (sink) => sink.reset(read.head))
    } else {
      // The head stands for all of it: what came meanwhile is compared with the read's end.
      this.#live(read.head, (sink) => {
        for (const entry of read.entries) if (this.#isOpen) sink.entry(entry)
      })
    }
    for (const news of held) this.tell(news)
  }

  close(): void {
    if (this.#state.is === 'closed') return
    this.#state = { is: 'closed' }
    this.#feeds.left(this, this.#entity)
  }

  get #isOpen(): boolean {
    return this.#state.is !== 'closed'
  }

  #hand(news: News, at: Position): void {
    if (news.is === 'reset') {
      // The read that this feed began with may have seen the removal already.
      if (news.head.epoch !== at.epoch) this.#live(news.head, (sink) => sink.reset(news.head))
      return
    }
    const { position } = news.entry
    if (samePosition(news.previous, at)) {
      this.#live(position, (sink) => sink.entry(news.entry))
    } else if (!isBehind(position, at)) {
      this.#live(position, (sink) => sink.reset(position))
    }
  }

  /** A sink that throws is a fault of its owner: it hears no more, nobody else notices. */
  #live(at: Position, tell: (sink: EntrySink) => void): void {
    this.#state = { is: 'live', at }
    try {
      tell(this.#sink)
    } catch (thrown) {
      this.#feeds.fault(thrown instanceof Error ? thrown : new Error(String(thrown)), this.#entity)
      this.close()
    }
  }
}

/** What the read that a feed began with has shown already, or removed meanwhile. */
const isBehind = (position: Position, at: Position): boolean =>
  position.epoch === at.epoch
    ? position.offset <= at.offset
    : generationOf(position.epoch) < generationOf(at.epoch)
