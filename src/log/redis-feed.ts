import type { Cancel, Clock } from '../core/clock.ts'
import { type Epoch, generationOf, type Position, samePosition } from '../core/position.ts'
import type { EntrySink, LogRead, Subscription } from './log.ts'
import type { News } from './redis-news.ts'

/** The answer to an own append may overtake what others appended just before: no gap until then. */
const GAP_MS = 50
/** A read that failed is tried again after this. */
const RETRY_MS = 1_000
/** Entries that are kept because they come too early; what is dropped is read instead. */
const MOST_AHEAD = 256
/** Positions by which an entry that comes twice is known: once answered, once published. */
const RECENT = 8

/**
 * ```
 * joining ── the first read has come ──► live
 *    └────── closed, or its sink threw ───┴──► closed
 * ```
 */
type State =
  | { readonly is: 'joining' }
  | { readonly is: 'live'; readonly at: Position }
  | { readonly is: 'closed' }

type EntryNews = News & { is: 'entry' }

/** What a feed needs of its log. */
export interface FeedSource {
  readonly clock: Pick<Clock, 'after'>
  read(after: Position): Promise<LogRead>
  /** The feed is over. `error` is what its sink threw. */
  left(feed: RedisFeed, error: Error | null): void
}

/**
 * One subscription: entries come from the channel, from own appends as they are answered, and from
 * reading. An entry goes to the sink only if it continues exactly what the sink has; whatever else
 * comes makes the feed read the log behind its position, which says whether entries are lacking or
 * the history is another. [L54]
 *
 * Each own append comes twice, answered and published, in either order. What comes a second time is
 * known by its whole position; another entry at or below the feed's own is a fork, and read for.
 */
export class RedisFeed implements Subscription {
  readonly #sink: EntrySink
  readonly #source: FeedSource
  #state: State = { is: 'joining' }
  /** By the offset that they continue. */
  #ahead: Map<number, EntryNews> | null = null
  #recent: Position[] = []
  #reading = false
  #readAgain = false
  #cancelTimer: Cancel | null = null
  #waiting: { readonly position: Position; readonly resolve: () => void }[] = []

  constructor(sink: EntrySink, source: FeedSource) {
    this.#sink = sink
    this.#source = source
  }

  /** Of the position that the sink has been told; `null` before and after. */
  get epoch(): Epoch | null {
    return this.#state.is === 'live' ? this.#state.at.epoch : null
  }

  /** Tells what is there. @throws what reading throws; the feed is closed then. */
  async begin(after: Position): Promise<void> {
    this.#reading = true
    try {
      const read = await this.#source.read(after)
      this.#reading = false
      if (this.#state.is === 'closed') return
      this.#state = { is: 'live', at: after }
      this.#take(read)
    } catch (error) {
      this.close()
      throw error
    }
    this.#afterRead()
  }

  /** What the channel says. */
  tell(news: News): void {
    if (this.#state.is === 'closed') return
    if (news.is === 'reset') this.#removed(news.head)
    else if (news.is === 'place') this.#placed(news.position)
    else this.#offer(news, true)
  }

  /**
   * What an own append or removal was answered. Resolves when the sink has been told, or when that
   * cannot be done now: it is durable all the same.
   */
  async own(news: News): Promise<void> {
    if (this.#state.is === 'closed') return
    if (news.is === 'reset') this.#removed(news.head)
    if (news.is !== 'entry') return
    this.#offer(news, false)
    await this.reached(news.entry.position)
  }

  /** Resolves when the sink has been told up to a position, or of another history. */
  async reached(position: Position): Promise<void> {
    // Whoever subscribes gets everything when it resolves.
    if (this.#state.is === 'joining' || this.#hasReached(position)) return
    const told = new Promise<void>((resolve) => this.#waiting.push({ position, resolve }))
    this.#waitForGap()
    await told
  }

  /** Reads what is behind its position: something may have been missed. */
  catchUp(): void {
    this.#stopTimer()
    if (this.#state.is === 'closed') return
    if (this.#reading || this.#state.is === 'joining') {
      this.#readAgain = true
      return
    }
    this.#reading = true
    this.#readAgain = false
    const asked = this.#state.at
    this.#source.read(asked).then(
      (read) => {
        this.#reading = false
        if (this.#state.is !== 'live') return
        // A removal that was told of meanwhile is younger than this.
        if (this.#state.at.epoch === asked.epoch) this.#take(read)
        this.#afterRead()
      },
      () => {
        this.#reading = false
        if (this.#state.is === 'closed') return
        for (const { resolve } of this.#waiting.splice(0)) resolve()
        this.#startTimer(RETRY_MS)
      },
    )
  }

  close(): void {
    this.#end(null)
  }

  /** @param isPublished What comes from the channel comes in order: a gap there is a gap. */
  #offer(news: EntryNews, isPublished: boolean): void {
    const { previous, entry } = news
    if (this.#repeats(entry.position)) return
    const state = this.#state
    if (state.is === 'live' && samePosition(previous, state.at)) {
      this.#live(entry.position, (sink) => sink.entry(entry))
      this.#drain()
      this.#settle()
      return
    }
    this.#ahead ??= new Map()
    if (this.#ahead.size < MOST_AHEAD) this.#ahead.set(previous.offset, news)
    if (state.is === 'live' && !isPublished && isAhead(previous, state.at)) this.#waitForGap()
    else this.catchUp()
  }

  #placed(position: Position): void {
    if (!this.#repeats(position)) this.catchUp()
  }

  #removed(head: Position): void {
    if (this.#state.is !== 'live') {
      this.#readAgain = true
    } else if (generationOf(head.epoch) > generationOf(this.#state.at.epoch)) {
      this.#reset(head)
      this.#settle()
    } else if (head.epoch !== this.#state.at.epoch) {
      this.catchUp()
    }
  }

  #take(read: LogRead): void {
    if (this.#state.is !== 'live') return
    const { at } = this.#state
    // What the channel has told since the read was asked must be in it, if it reaches so far.
    const isFork =
      read.is === 'entries' &&
      read.entries.some(
        ({ position }) => position.offset === at.offset && position.check !== at.check,
      )
    if (read.is === 'reset' || read.skipped.length > 0 || isFork) {
      this.#reset(read.head)
      return
    }
    for (const entry of read.entries) {
      if (entry.position.offset > at.offset) {
        this.#live(entry.position, (sink) => sink.entry(entry))
      }
    }
    // The origin stands for the start of any log.
    if (this.#isLive && at.epoch !== read.head.epoch) this.#state = { is: 'live', at: read.head }
  }

  /** What came meanwhile, as far as it fits; the rest is behind a gap, or of a history that is gone. */
  #afterRead(): void {
    this.#drain()
    const state = this.#state
    const left = this.#ahead === null ? [] : [...this.#ahead.values()]
    this.#ahead = null
    const isGap = state.is === 'live' && left.some(({ previous }) => isAhead(previous, state.at))
    if (isGap || this.#readAgain) this.catchUp()
    this.#settle()
  }

  #drain(): void {
    while (this.#state.is === 'live' && this.#ahead !== null) {
      const { at } = this.#state
      const next = this.#ahead.get(at.offset)
      if (next === undefined || !samePosition(next.previous, at)) return
      this.#ahead.delete(at.offset)
      this.#live(next.entry.position, (sink) => sink.entry(next.entry))
    }
  }

  #reset(head: Position): void {
    this.#ahead = null
    this.#recent = []
    this.#live(head, (sink) => sink.reset(head))
  }

  get #isLive(): boolean {
    return this.#state.is === 'live'
  }

  /** A sink that throws is a fault of its owner: it hears no more, nobody else notices. */
  #live(at: Position, tell: (sink: EntrySink) => void): void {
    if (!this.#isLive) return
    this.#state = { is: 'live', at }
    this.#recent.push(at)
    if (this.#recent.length > RECENT) this.#recent.shift()
    try {
      tell(this.#sink)
    } catch (thrown) {
      this.#end(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }

  #repeats(position: Position): boolean {
    return this.#recent.some((one) => samePosition(one, position))
  }

  #hasReached(position: Position): boolean {
    if (this.#state.is !== 'live' || this.#repeats(position)) return true
    const { at } = this.#state
    return at.epoch === position.epoch ? at.offset >= position.offset : !this.#reading
  }

  /** Lets those go on who waited for what has been told by now. */
  #settle(): void {
    const reached = this.#waiting.filter(({ position }) => this.#hasReached(position))
    this.#waiting = this.#waiting.filter((one) => !reached.includes(one))
    for (const { resolve } of reached) resolve()
    if (this.#waiting.length === 0 && (this.#ahead?.size ?? 0) === 0) this.#stopTimer()
  }

  #waitForGap(): void {
    if (this.#cancelTimer === null && !this.#reading) this.#startTimer(GAP_MS)
  }

  #startTimer(ms: number): void {
    this.#stopTimer()
    this.#cancelTimer = this.#source.clock.after(ms, () => {
      this.#cancelTimer = null
      this.catchUp()
    })
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #end(error: Error | null): void {
    if (this.#state.is === 'closed') return
    this.#state = { is: 'closed' }
    this.#stopTimer()
    this.#ahead = null
    this.#settle()
    this.#source.left(this, error)
  }
}

const isAhead = (previous: Position, at: Position): boolean =>
  previous.epoch === at.epoch && previous.offset > at.offset
