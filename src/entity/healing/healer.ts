import type { Bus } from '../../bus/bus.ts'
import { Budget } from '../../core/budget.ts'
import type { Clock } from '../../core/clock.ts'
import type { EntityKey } from '../../core/ids.ts'
import { rankOf } from '../../core/rendezvous.ts'

/** Entities of a node that are loaded anew at once. */
const AT_ONCE = 64
/** What heals is appended at so many bytes a second, after a first burst. */
const BYTES_PER_SECOND = 32 * 1024 * 1024
const RANK_MS = 250
/** So many that had their turn are let go of at once. */
const LET_GO = 1_024

/**
 * What healing may take of a node and of its store. When a Redis has come back empty, 50,000 entities
 * want to be healed at once, and people go on typing. [L78]
 */
export class Healer {
  readonly #clock: Clock
  readonly #bus: Bus
  readonly #bytes: Budget
  /**
   * In that order, from `#next` on: to take the first of 50,000 out one by one took 1.3 s with a Set,
   * which steps over what was deleted, and 0.6 s with `shift`; so it takes 12 ms.
   */
  readonly #waiting: (() => void)[] = []
  #next = 0
  #atWork = 0

  constructor(clock: Clock, bus: Bus) {
    this.#clock = clock
    this.#bus = bus
    this.#bytes = new Budget(BYTES_PER_SECOND, BYTES_PER_SECOND, clock.monotonic())
  }

  /** Entities whose turn it is. */
  get atWork(): number {
    return this.#atWork
  }

  /**
   * How long this node leaves an entity to those who come before it, in milliseconds: of several that
   * have it one appends what was lost, and the others find it there. [L74]
   */
  wait(entity: EntityKey): number {
    return rankOf(entity, this.#bus.node, this.#bus.nodes()) * RANK_MS
  }

  /** Resolves when it is one's turn. @returns what ends the turn; to be called once. */
  async turn(): Promise<() => void> {
    if (this.#atWork >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#atWork++
    return () => {
      const next = this.#first()
      if (next === undefined) this.#atWork--
      else next()
    }
  }

  #first(): (() => void) | undefined {
    const first = this.#waiting[this.#next]
    if (first !== undefined) this.#next++
    const isLast = this.#next === this.#waiting.length
    if (isLast || (this.#next >= LET_GO && this.#next * 2 >= this.#waiting.length)) {
      this.#waiting.splice(0, this.#next)
      this.#next = 0
    }
    return first
  }

  /** @returns milliseconds to wait before so many bytes are appended. */
  spend(bytes: number): number {
    return Math.ceil(this.#bytes.spend(bytes, this.#clock.monotonic()))
  }
}
