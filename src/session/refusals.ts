import { LRUCache } from 'lru-cache'
import type { Clock } from '../core/clock.ts'
import type { EntityKey } from '../core/ids.ts'

/** How long a refusal is remembered, and of how many addresses and entities. */
const WINDOW_MS = 60_000
const REMEMBERED = 10_000

/**
 * Who was refused for good, lately. Clients of y-websocket up to 3.0 come back at once after any
 * close: after the second refusal within a minute that address is answered before the upgrade.
 */
export class Refusals {
  readonly #clock: Clock
  readonly #recent = new LRUCache<string, { last: number; count: number }>({
    max: REMEMBERED,
  })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  record(address: string, entity: EntityKey): void {
    const key = `${address} ${entity}`
    const now = this.#clock.monotonic()
    const known = this.#recent.get(key)
    if (known === undefined || now - known.last > WINDOW_MS) {
      this.#recent.set(key, { last: now, count: 1 })
    } else {
      known.count++
      known.last = now
    }
  }

  /** Whether the address must be turned away from the entity now. */
  barred(address: string, entity: EntityKey): boolean {
    const known = this.#recent.get(`${address} ${entity}`)
    return (
      known !== undefined && known.count >= 2 && this.#clock.monotonic() - known.last <= WINDOW_MS
    )
  }
}
