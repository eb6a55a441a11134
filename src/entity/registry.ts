import type { Cancel, Clock } from '../core/clock.ts'
import { type ErrorCode, TributaryError } from '../core/errors.ts'
import type { EntityKey, EntityRef } from '../core/ids.ts'
import type { Entity } from './entity.ts'
import { patiently } from './patiently.ts'

/** How often idle entities are looked for, */
const SWEEP_MS = 2_500
/** and in so many parts when there are many: a look at 100,000 would hold up all else for 20 ms. */
const PARTS = 8
const PART_LEAST = 1_000

/**
 * The entities that are open on this node. The first client of an entity causes one load, whoever
 * else comes meanwhile waits for the same; one without members is let go after `idle` ms.
 *
 * An entity is here from its load to its `close`: a later `open` loads anew. Letting go is one
 * synchronous step, so nobody can join in the middle of it.
 */
export class Registry {
  readonly #open = new Map<EntityKey, Entity>()
  /** Where the search for idle ones goes on. */
  #search = this.#open.values()
  readonly #loading = new Map<EntityKey, Promise<Entity>>()
  readonly #load: (ref: EntityRef) => Promise<Entity>
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #onUnload: (entity: Entity) => void
  #cancelSweep: Cancel
  readonly #onTrouble: (ref: EntityRef, error: TributaryError) => void
  /** What cannot be loaded is not tried again. */
  #leaving = false
  #closed = false

  constructor(options: {
    readonly clock: Clock
    readonly idle: number
    readonly load: (ref: EntityRef) => Promise<Entity>
    /** Called when an entity was let go because nobody was there. */
    readonly onUnload?: (entity: Entity) => void
    /** Called when the store could not be asked for an entity; it is tried again. */
    readonly onTrouble?: (ref: EntityRef, error: TributaryError) => void
  }) {
    this.#clock = options.clock
    this.#idleMs = options.idle
    this.#load = options.load
    this.#onUnload = options.onUnload ?? (() => {})
    this.#onTrouble = options.onTrouble ?? (() => {})
    this.#cancelSweep = this.#armSweep()
  }

  get size(): number {
    return this.#open.size
  }

  /** The entity if it is open now. */
  get(key: EntityKey): Entity | undefined {
    const entity = this.#open.get(key)
    return entity === undefined || entity.closed ? undefined : entity
  }

  [Symbol.iterator](): IterableIterator<Entity> {
    return this.#open.values()
  }

  /**
   * While the store cannot be asked it is tried again, and nobody is told anything. [R12]
   *
   * @throws what loading throws in the end; the next call tries again.
   */
  open(ref: EntityRef): Promise<Entity> {
    if (this.#closed) return Promise.reject(new TributaryError('draining', 'this node is stopping'))
    const entity = this.get(ref.key)
    if (entity !== undefined) {
      entity.touchedAt = this.#clock.monotonic()
      return Promise.resolve(entity)
    }
    const underWay = this.#loading.get(ref.key)
    if (underWay !== undefined) return underWay
    const loading = patiently(
      this.#clock,
      () => this.#loadOnce(ref),
      () => this.#leaving,
    )
      .then((loaded) => {
        loaded.touchedAt = this.#clock.monotonic()
        this.#open.set(ref.key, loaded)
        return loaded
      })
      .finally(() => this.#loading.delete(ref.key))
    this.#loading.set(ref.key, loading)
    return loading
  }

  async #loadOnce(ref: EntityRef): Promise<Entity> {
    try {
      return await this.#load(ref)
    } catch (thrown) {
      const error = TributaryError.from(thrown)
      if (error.code === 'storage') this.#onTrouble(ref, error)
      throw error
    }
  }

  /** Sends the members of an entity away and forgets it. */
  evict(key: EntityKey, code: ErrorCode): void {
    const entity = this.#open.get(key)
    if (entity === undefined) return
    this.#open.delete(key)
    entity.evict(code)
  }

  /** Resolves when nothing is pending on this node. What cannot be loaded is given up. */
  async settled(): Promise<void> {
    this.#leaving = true
    await Promise.allSettled(this.#loading.values())
    await Promise.all(Array.from(this.#open.values(), (entity) => entity.settled()))
  }

  /** Closes every entity; what is pending is lost: `settled` comes first. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#leaving = true
    this.#cancelSweep()
    for (const entity of this.#open.values()) entity.close()
    this.#open.clear()
  }

  #armSweep(): Cancel {
    return this.#clock.after(Math.min(SWEEP_MS, this.#idleMs), () => {
      if (this.#closed) return
      this.#cancelSweep = this.#armSweep()
      this.#sweep()
    })
  }

  #sweep(): void {
    const before = this.#clock.monotonic() - this.#idleMs
    let left = Math.min(this.#open.size, Math.max(PART_LEAST, this.#open.size / PARTS))
    for (; left > 0; left--) {
      let next = this.#search.next()
      if (next.done) {
        this.#search = this.#open.values()
        next = this.#search.next()
      }
      if (!next.done) this.#lookAt(next.value, before)
    }
  }

  /** Lets go of an entity that nobody has used since. */
  #lookAt(entity: Entity, before: number): void {
    const { key } = entity.ref
    if (entity.closed) {
      if (this.#open.get(key) === entity) this.#open.delete(key)
      return
    }
    if (entity.touchedAt > before || entity.members > 0 || entity.busy || entity.held) return
    this.#open.delete(key)
    entity.close()
    this.#onUnload(entity)
  }
}
