import type { Cancel, Clock } from '../../core/clock.ts'
import type { RedisFeed } from './feed.ts'

/** Feeds that read at once: 50,000 reads together would be an outage more. */
const AT_ONCE = 200
const APART_MS = 20
/** Reads that failed are tried again after this. */
const RETRY_MS = 1_000

/** Makes feeds read, some at a time, for as long as there is somebody to be asked. [L69] */
export class PacedReads {
  readonly #clock: Pick<Clock, 'after'>
  readonly #mayAsk: () => boolean
  readonly #due = new Set<RedisFeed>()
  readonly #failed = new Set<RedisFeed>()
  #cancelNext: Cancel | null = null
  #cancelRetry: Cancel | null = null
  #closed = false

  /** @param mayAsk While it is false nothing is read: all of it would fail. */
  constructor(clock: Pick<Clock, 'after'>, mayAsk: () => boolean) {
    this.#clock = clock
    this.#mayAsk = mayAsk
  }

  add(feed: RedisFeed): void {
    if (this.#closed) return
    this.#due.add(feed)
    if (this.#cancelNext === null) this.#next()
  }

  /** Is read for again in a while. */
  failed(feed: RedisFeed): void {
    if (this.#closed) return
    this.#failed.add(feed)
    this.#cancelRetry ??= this.#clock.after(RETRY_MS, () => {
      this.#cancelRetry = null
      for (const one of this.#failed) this.#due.add(one)
      this.#failed.clear()
      if (this.#cancelNext === null) this.#next()
    })
  }

  close(): void {
    this.#closed = true
    this.#due.clear()
    this.#failed.clear()
    this.#cancelNext?.()
    this.#cancelRetry?.()
  }

  #next(): void {
    this.#cancelNext = null
    if (this.#due.size === 0) return
    const isThere = this.#mayAsk()
    this.#cancelNext = this.#clock.after(isThere ? APART_MS : RETRY_MS, () => this.#next())
    if (!isThere) return
    let left = AT_ONCE
    for (const feed of this.#due) {
      if (left-- === 0) return
      this.#due.delete(feed)
      feed.catchUp()
    }
  }
}
