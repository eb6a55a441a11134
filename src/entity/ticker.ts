import type { Cancel, Clock } from '../core/clock.ts'

/** Something that gathers, and is flushed by the ticker. */
export interface Tickable {
  /** When it was flushed last, on the monotonic clock. The ticker sets it, and whoever flushes by itself. */
  tickedAt: number
  /** To how many a flush writes. */
  readonly members: number
  flush(): void
}

/**
 * One with many readers is flushed less often: at most 6,750 frames a second, a fifteenth of a core,
 * go out for it. From 108 readers on that is longer than a tick of 16 ms; 300 wait 44 ms.
 */
const MS_PER_READER = 1_000 / 6_750

/**
 * One ticker for all entities of a node. Who has been quiet is flushed as soon as what has already
 * arrived is handled; who is busy, at most once per period. One timer, whatever is open.
 *
 * Rounds for the quiet keep half a tick apart: on a node where some entity always is quiet and begins
 * to write, they wait for one another, 4 ms in the mean. 1,000 entities at 2,000 updates/s: 12 to
 * 27 % less CPU per update, because what many do one after the other is found in the caches.
 *
 * Pacing: when a round of flushes takes long, or comes late because the loop was busy, the period
 * stretches up to `tickMax`, so that an overloaded node batches more and writes less. Once the
 * pressure is gone it halves, at most once per period.
 */
export class Ticker {
  readonly #clock: Clock
  readonly #tick: number
  readonly #tickMax: number
  readonly #onRound: ((ms: number) => void) | undefined
  #period: number
  #soon = new Set<Tickable>()
  #later = new Set<Tickable>()
  #cancelSoon: Cancel | null = null
  #soonAt = Number.NEGATIVE_INFINITY
  #cancelLater: Cancel | null = null
  #laterAt = 0
  #pacedAt = 0
  #closed = false

  constructor(
    clock: Clock,
    pace: { readonly tick: number; readonly tickMax: number },
    onRound?: (ms: number) => void,
  ) {
    this.#clock = clock
    this.#tick = pace.tick
    this.#tickMax = pace.tickMax
    this.#period = pace.tick
    this.#onRound = onRound
  }

  /** The period in force, in milliseconds. */
  get period(): number {
    return this.#period
  }

  /** Flushes `tickable` when it is its turn. Asking twice is asking once. */
  request(tickable: Tickable): void {
    if (this.#closed || this.#soon.has(tickable) || this.#later.has(tickable)) return
    const now = this.#clock.monotonic()
    const period = this.#periodOf(tickable)
    if (now - tickable.tickedAt >= period) {
      this.#soon.add(tickable)
      this.#armSoon(this.#soonAt + this.#tick / 2 - now)
    } else {
      this.#later.add(tickable)
      this.#armLater(tickable.tickedAt + period - now)
    }
  }

  /** Whether it was not flushed for a tick, so that nothing need be gathered. */
  isQuiet(tickable: Tickable): boolean {
    return this.#clock.monotonic() - tickable.tickedAt >= this.#periodOf(tickable)
  }

  forget(tickable: Tickable): void {
    this.#soon.delete(tickable)
    this.#later.delete(tickable)
  }

  close(): void {
    this.#closed = true
    this.#cancelSoon?.()
    this.#cancelLater?.()
    this.#soon.clear()
    this.#later.clear()
  }

  #armSoon(wait: number): void {
    if (this.#cancelSoon !== null) return
    const round = (): void => {
      this.#cancelSoon = null
      this.#soonAt = this.#clock.monotonic()
      const due = this.#soon
      this.#soon = new Set()
      this.#round(due, 0)
    }
    this.#cancelSoon = wait > 0 ? this.#clock.after(wait, round) : this.#clock.soon(round)
  }

  #periodOf({ members }: Tickable): number {
    return Math.max(this.#period, Math.min(this.#tickMax, members * MS_PER_READER))
  }

  #armLater(delay: number): void {
    const wait = Math.max(1, Math.ceil(delay))
    const at = this.#clock.monotonic() + wait
    // Nearly at the same time they go together; one that waits long holds up nobody else.
    if (this.#cancelLater !== null && at >= this.#laterAt - this.#tick / 4) return
    this.#cancelLater?.()
    this.#laterAt = at
    this.#cancelLater = this.#clock.after(wait, () => this.#laterRound())
  }

  #laterRound(): void {
    this.#cancelLater = null
    const now = this.#clock.monotonic()
    const late = now - this.#laterAt
    const due: Tickable[] = []
    let next = Number.POSITIVE_INFINITY
    for (const tickable of this.#later) {
      // A timer may fire up to a millisecond early by the monotonic clock.
      const dueIn = tickable.tickedAt + this.#periodOf(tickable) - now
      if (dueIn <= 1) due.push(tickable)
      else if (dueIn < next) next = dueIn
    }
    for (const tickable of due) this.#later.delete(tickable)
    if (next !== Number.POSITIVE_INFINITY) this.#armLater(next)
    this.#round(due, Math.max(0, late))
  }

  #round(due: Iterable<Tickable>, late: number): void {
    const began = this.#clock.monotonic()
    for (const tickable of due) {
      tickable.tickedAt = began
      tickable.flush()
    }
    const ended = this.#clock.monotonic()
    this.#onRound?.(ended - began)
    this.#pace(ended - began + late, ended)
  }

  /** Flushing may take half of the time; above that the period grows with the load. */
  #pace(load: number, now: number): void {
    const wanted = Math.min(this.#tickMax, Math.max(this.#tick, 2 * load))
    if (wanted >= this.#period) {
      this.#period = wanted
    } else if (now - this.#pacedAt >= this.#period) {
      this.#period = Math.max(wanted, this.#period / 2)
    } else return
    this.#pacedAt = now
  }
}
