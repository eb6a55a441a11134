import type { Cancel, Clock } from '../../core/clock.ts'
import { generationOf, type Position, samePosition } from '../../core/position.ts'
import { Trail } from '../../core/trail.ts'
import type { Entry, EntrySink, LogRead, Skipped, Subscription } from '../log.ts'
import type { News } from './news.ts'
import { OwnAppends, type OwnOutcome } from './own-appends.ts'

/** The answer to an own append may overtake what others appended just before: no gap until then. */
const GAP_MS = 50
/** Entries that are kept because they come too early; what is dropped is read instead. */
const MOST_AHEAD = 256
/** Places by which an entry that comes twice is known: once answered, once published. */
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

/** What a read can be held to. */
interface Asked {
  /** What had been told when it was asked. */
  readonly at: Position
  /** Behind which it reads: the same, or something own below it. */
  readonly from: Position
  /** Own appends that were noted before. */
  readonly noted: number
}

type EntryNews = News & { is: 'entry' }

/** What a feed needs of its log. */
export interface FeedSource {
  readonly clock: Pick<Clock, 'after'>
  read(after: Position): Promise<LogRead>
  /** A read has failed: the feed wants to catch up when that may go better. */
  failed(feed: RedisFeed): void
  /** The log is not the one that was followed; nobody has removed the entity. */
  strayed(): void
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
 * known by its whole position; another entry at or below the feed's own is a fork, and read for. What
 * was answered and cannot be told yet is held against the log until it is. [L63]
 */
export class RedisFeed implements Subscription {
  readonly #sink: EntrySink
  readonly #source: FeedSource
  readonly #own = new OwnAppends()
  #state: State = { is: 'joining' }
  /** By the offset that they continue. */
  #ahead: Map<number, EntryNews> | null = null
  #recent = new Trail(RECENT)
  #reading = false
  #readAgain = false
  #hasBegun = false
  /** An answer from before a reset says nothing about what comes behind it. */
  #resets = 0
  #cancelTimer: Cancel | null = null

  constructor(sink: EntrySink, source: FeedSource) {
    this.#sink = sink
    this.#source = source
  }

  /** What the sink has been told; `null` before and after. */
  get position(): Position | null {
    return this.#state.is === 'live' ? this.#state.at : null
  }

  /** Something own has been answered and not been seen in the log. */
  get isUnverified(): boolean {
    return !this.#own.isEmpty
  }

  /** Whether what stands there has just been told: the channel need not say it again. */
  knows(position: Position): boolean {
    return this.#repeats(position)
  }

  /** Tells what is there. @throws what reading throws; the feed is closed then. */
  async begin(after: Position): Promise<void> {
    this.#reading = true
    const asked = { at: after, from: after, noted: this.#own.noted }
    try {
      const read = await this.#source.read(after)
      this.#reading = false
      if (this.#state.is === 'closed') return
      this.#state = { is: 'live', at: after }
      this.#take(read, asked)
      this.#hasBegun = true
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
   * What an own append or removal was answered. Known when the sink has been told, or the log was
   * seen not to hold it, or when neither can be found out now: it is durable all the same.
   */
  own(news: News): OwnOutcome | Promise<OwnOutcome> {
    if (this.#state.is === 'closed') return 'there'
    if (news.is === 'reset') this.#removed(news.head)
    if (news.is !== 'entry') return 'there'
    const { position } = news.entry
    if (this.#repeats(position)) return 'there'
    if (this.#state.is === 'live' && samePosition(news.previous, this.#state.at)) {
      this.#offer(news, false)
      return 'there'
    }
    // Noted first: a read that is asked for now must show it.
    const outcome = this.#noted(position)
    this.#offer(news, false)
    return outcome
  }

  /** The same of an entry that is in the log. */
  reached(position: Position): OwnOutcome | Promise<OwnOutcome> {
    if (this.#state.is === 'closed' || this.#repeats(position)) return 'there'
    const outcome = this.#noted(position)
    this.#waitForGap()
    return outcome
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
    const { at } = this.#state
    const asked = { at, from: this.#own.lowest(at) ?? at, noted: this.#own.noted }
    const resets = this.#resets
    this.#source.read(asked.from).then(
      (read) => {
        this.#reading = false
        if (this.#state.is !== 'live') return
        if (this.#resets === resets) this.#take(read, asked)
        this.#afterRead()
      },
      () => {
        this.#reading = false
        if (this.#state.is === 'closed') return
        this.#own.release()
        this.#source.failed(this)
      },
    )
  }

  close(): void {
    this.#end(null)
  }

  #noted(position: Position): Promise<OwnOutcome> {
    const outcome = this.#own.note(position)
    // Whoever subscribes gets everything when it resolves.
    if (this.#state.is === 'joining') this.#own.release()
    return outcome
  }

  /** @param isPublished What comes from the channel comes in order: a gap there is a gap. */
  #offer(news: EntryNews, isPublished: boolean): void {
    const { previous, entry } = news
    if (this.#repeats(entry.position)) return
    const state = this.#state
    if (state.is === 'live' && samePosition(previous, state.at)) {
      this.#tell(entry)
      this.#drain()
      if (this.#own.isEmpty && (this.#ahead?.size ?? 0) === 0) this.#stopTimer()
      return
    }
    if (state.is === 'live' && isBelow(previous, state.at)) {
      this.catchUp()
      return
    }
    this.#ahead ??= new Map()
    const isKept = this.#ahead.size < MOST_AHEAD
    if (isKept) this.#ahead.set(previous.offset, news)
    // What lacks when the read is there is seen then: on a busy log each read would ask for another.
    if (this.#reading && isKept) return
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
    } else if (head.epoch !== this.#state.at.epoch) {
      this.catchUp()
    }
  }

  #take(read: LogRead, { at: known, from, noted }: Asked): void {
    if (this.#state.is !== 'live') return
    const { at } = this.#state
    if (read.is === 'reset' || read.skipped.some((one) => this.#isLack(one)) || isFork(read, at)) {
      this.#reset(read.head)
      return
    }
    // Read from further below, where something own should be: what was told must be there too.
    if (from !== known && !isThere(read, known)) {
      this.#reset(read.head)
      return
    }
    for (const { offset } of read.skipped) {
      if (offset > at.offset) this.#guarded((sink) => sink.notUnderstood?.(offset))
    }
    for (const entry of read.entries) {
      if (this.#isLive && entry.position.offset > this.#state.at.offset) this.#tell(entry)
    }
    if (!this.#isLive) return
    // The origin stands for the start of any log: of one that had not begun, if it has since.
    const hasBegun = samePosition(this.#state.at, known) && known.epoch !== read.head.epoch
    // What is not understood may be the end of one.
    const isBehind = read.skipped.some(({ offset }) => offset === read.head.offset)
    if (hasBegun || isBehind) this.#state = { is: 'live', at: read.head }
    if (!this.#own.isHeldBy(read, from, noted)) this.#reset(this.#state.at)
  }

  /**
   * Whoever follows is told of what a later version writes, and goes on; who begins to follow was to
   * have read it before.
   */
  #isLack({ why }: Skipped): boolean {
    return why === 'damaged' || !this.#hasBegun
  }

  /** What came meanwhile, as far as it fits; the rest is behind a gap, or of a history that is gone. */
  #afterRead(): void {
    this.#drain()
    const left = this.#ahead?.size ?? 0
    this.#ahead = null
    if (left > 0 || this.#readAgain) this.catchUp()
    else if (!this.#own.isEmpty) this.#waitForGap()
  }

  #drain(): void {
    while (this.#state.is === 'live' && this.#ahead !== null) {
      const { at } = this.#state
      const next = this.#ahead.get(at.offset)
      if (next === undefined || !samePosition(next.previous, at)) return
      this.#ahead.delete(at.offset)
      this.#tell(next.entry)
    }
  }

  /** The next entry, unless it stands where an own one should. */
  #tell(entry: Entry): void {
    const { position } = entry
    if (this.#own.isDenied(position)) {
      this.#reset(position)
      return
    }
    const early = this.#ahead?.get(position.offset - 1)
    if (early !== undefined && samePosition(early.entry.position, position)) {
      this.#ahead?.delete(position.offset - 1)
    }
    this.#live(position, (sink) => sink.entry(entry))
    this.#own.told(position)
  }

  #reset(head: Position): void {
    const before = this.position
    this.#stopTimer()
    this.#ahead = null
    this.#recent = new Trail(RECENT)
    this.#resets++
    this.#own.reset(head.epoch)
    const isRemoval = before !== null && generationOf(head.epoch) > generationOf(before.epoch)
    if (this.#hasBegun && !isRemoval) this.#source.strayed()
    this.#live(head, (sink) => sink.reset(head))
  }

  get #isLive(): boolean {
    return this.#state.is === 'live'
  }

  /** A sink that throws is a fault of its owner: it hears no more, nobody else notices. */
  #live(at: Position, tell: (sink: EntrySink) => void): void {
    if (!this.#isLive) return
    this.#state = { is: 'live', at }
    this.#recent.note(at)
    this.#guarded(tell)
  }

  #guarded(tell: (sink: EntrySink) => void): void {
    try {
      tell(this.#sink)
    } catch (thrown) {
      this.#end(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }

  #repeats(position: Position): boolean {
    return this.#recent.goesThrough(position)
  }

  #waitForGap(): void {
    if (this.#cancelTimer !== null || this.#reading) return
    this.#cancelTimer = this.#source.clock.after(GAP_MS, () => {
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
    this.#own.release()
    this.#source.left(this, error)
  }
}

const isAhead = (previous: Position, at: Position): boolean =>
  previous.epoch === at.epoch && previous.offset > at.offset

const isBelow = (previous: Position, at: Position): boolean =>
  previous.epoch === at.epoch && previous.offset < at.offset

/** What the channel has told since a read was asked must be in it, if it reaches so far. */
const isFork = (read: LogRead & { is: 'entries' }, at: Position): boolean =>
  read.entries.some(({ position }) => position.offset === at.offset && position.check !== at.check)

/** A position that was told is in what was read, be it that of an entry that is not understood. */
const isThere = (read: LogRead & { is: 'entries' }, known: Position): boolean =>
  read.entries.some(({ position }) => samePosition(position, known)) ||
  read.skipped.some(({ offset }) => offset === known.offset)
