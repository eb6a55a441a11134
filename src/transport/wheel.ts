import type { Cancel, Clock } from '../core/clock.ts'

/** What the wheel turns. */
export interface Ticked {
  tick(now: number): void
}

const SLOTS = 10
const TURN_MS = 1_000

/**
 * One timer for all connections: each is looked at once a second, a tenth of them every 100 ms, so
 * that 50,000 of them do not hold up the loop in one go.
 */
export class Wheel {
  readonly #clock: Clock
  readonly #slots: readonly Set<Ticked>[] = Array.from({ length: SLOTS }, () => new Set<Ticked>())
  #slot = 0
  #added = 0
  #cancel: Cancel

  constructor(clock: Clock) {
    this.#clock = clock
    this.#cancel = this.#arm()
  }

  add(ticked: Ticked): void {
    const slot = this.#slots[this.#added++ % SLOTS] as Set<Ticked>
    slot.add(ticked)
  }

  /** Looks through all slots: to remember in which one it is would cost every connection a closure. */
  remove(ticked: Ticked): void {
    for (const slot of this.#slots) if (slot.delete(ticked)) return
  }

  close(): void {
    this.#cancel()
    for (const slot of this.#slots) slot.clear()
  }

  #arm(): Cancel {
    return this.#clock.after(TURN_MS / SLOTS, () => {
      this.#cancel = this.#arm()
      const now = this.#clock.monotonic()
      this.#slot = (this.#slot + 1) % SLOTS
      for (const ticked of this.#slots[this.#slot] as Set<Ticked>) ticked.tick(now)
    })
  }
}
