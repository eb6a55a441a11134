import type { Clock } from '../core/clock.ts'
import type { Limits } from '../core/limits.ts'
import { type AwarenessFrame, readAwareness } from '../crdt/awareness.ts'
import type { Entity } from '../entity/entity.ts'
import type { Member } from '../entity/member.ts'
import type { Metrics } from '../ops/metrics.ts'
import type { Outlet } from './outlet.ts'

/** A client's presence is awaited so long before it is told who is here. */
const GREET_MS = 50

export interface GreeterContext {
  readonly clock: Clock
  readonly limits: Limits
  readonly metrics: Metrics
}

/** What a client says of itself, and that it is told of the others: once it has, or soon. [A7] */
export class Greeter {
  readonly #context: GreeterContext
  readonly #entity: Entity
  readonly #outlet: Outlet
  readonly #member: Member
  #state: 'before' | 'soon' | 'done' = 'before'
  /** What it says next is what it opens with. */
  #mayClaim = false
  #closed = false

  constructor(context: GreeterContext, entity: Entity, outlet: Outlet, member: Member) {
    this.#context = context
    this.#entity = entity
    this.#outlet = outlet
    this.#member = member
  }

  /** Whether it was told who is here, so that news fit. */
  get isDone(): boolean {
    return this.#state === 'done'
  }

  /**
   * The client is here. Only the first call counts.
   *
   * @param opensWithClaim What it says of itself next is a claim.
   */
  begin(opensWithClaim: boolean): void {
    if (this.#state !== 'before') return
    this.#state = 'soon'
    this.#mayClaim = opensWithClaim
    this.#context.clock.after(GREET_MS, () => this.#greet())
  }

  /** It has said something: what comes after that is no opening. */
  said(): void {
    this.#mayClaim = false
  }

  /**
   * A frame that cannot be read is dropped and counted, as is any entry that may not be passed on.
   *
   * @param isClaim It is a claim wherever it comes.
   */
  hear(body: Uint8Array, isClaim: boolean): void {
    const isOpening = this.#mayClaim || isClaim
    this.#mayClaim = false
    const dropped = this.#take(body, isOpening)
    if (dropped > 0) this.#context.metrics.awarenessDropped.add(dropped)
    if (!isOpening) return
    const aligning = this.#entity.presence.aligning(this.#member)
    if (aligning !== null) this.#outlet.awareness(aligning)
    this.#greet()
  }

  /** @returns how many entries were not heard. */
  #take(body: Uint8Array, isOpening: boolean): number {
    const { awarenessBytes, awarenessDepth } = this.#context.limits
    const { presence } = this.#entity
    const member = this.#member
    let frame: AwarenessFrame
    try {
      frame = readAwareness(body, { bytes: awarenessBytes, depth: awarenessDepth })
    } catch {
      return 1
    }
    let { dropped } = frame
    const isClaim = isOpening && frame.entries.length === 1
    for (const entry of frame.entries) {
      const isHeard =
        isClaim && entry.state !== null
          ? presence.claim(member, entry)
          : presence.hear(member, entry)
      if (!isHeard) dropped++
    }
    return dropped
  }

  #greet(): void {
    if (this.#closed || this.#state === 'done') return
    this.#state = 'done'
    this.tellAll()
  }

  /** Who is here. */
  tellAll(): void {
    for (const body of this.#entity.greeting(this.#member)) this.#outlet.awareness(body)
  }

  close(): void {
    this.#closed = true
  }
}
