import type { Bus, Departure, NodeName } from '../../bus/bus.ts'
import type { Cancel, Clock } from '../../core/clock.ts'
import type { Entity } from '../entity.ts'

/** Clients of a node that stopped in order are back elsewhere within this time. */
const BACK_MS = 6_000
/** Entities that ask who is here after a gap: 50,000 questions together would be an outage more. */
const AT_ONCE = 200
const ROUND_MS = 20

type Told = Pick<Entity, 'members' | 'closed' | 'nodeGone' | 'refreshPresence'>

interface Parts {
  readonly bus: Bus
  readonly clock: Pick<Clock, 'after'>
  /** All that are open. */
  readonly entities: Iterable<Told>
}

/** Tells the entities of this node what becomes of other nodes, as far as presence goes. */
export class OtherNodes {
  readonly #parts: Parts
  readonly #stops: (() => void)[]
  readonly #timers = new Set<Cancel>()
  #forgotten = false
  #refreshing = false

  constructor(parts: Parts) {
    this.#parts = parts
    this.#stops = [
      parts.bus.onGone((node, how) => this.#gone(node, how)),
      parts.bus.onGap((forgotten) => this.#gap(forgotten)),
    ]
  }

  /** Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop()
    for (const cancel of this.#timers) cancel()
  }

  #gone(node: NodeName, how: Departure): void {
    const gone = () => {
      for (const entity of this.#parts.entities) entity.nodeGone(node)
    }
    // Its clients were sent away and are told nothing: they would flicker.
    if (how === 'stopped') this.#after(BACK_MS, gone)
    else gone()
  }

  #gap(forgotten: boolean): void {
    this.#forgotten ||= forgotten
    if (this.#refreshing) return
    this.#refreshing = true
    // The rest of what came together with this is handled first.
    this.#after(ROUND_MS, () => {
      this.#refreshing = false
      const entities = Array.from(this.#parts.entities).filter(({ members }) => members > 0)
      this.#refresh(entities, this.#forgotten)
      this.#forgotten = false
    })
  }

  #refresh(entities: readonly Told[], forgotten: boolean): void {
    for (const entity of entities.slice(0, AT_ONCE)) {
      if (!entity.closed) entity.refreshPresence(forgotten)
    }
    const rest = entities.slice(AT_ONCE)
    if (rest.length > 0) this.#after(ROUND_MS, () => this.#refresh(rest, forgotten))
  }

  #after(ms: number, fn: () => void): void {
    const cancel = this.#parts.clock.after(ms, () => {
      this.#timers.delete(cancel)
      fn()
    })
    this.#timers.add(cancel)
  }
}
