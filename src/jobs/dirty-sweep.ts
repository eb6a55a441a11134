import type { Bus } from '../bus/bus.ts'
import type { Cancel, Clock } from '../core/clock.ts'
import type { EntityKey } from '../core/ids.ts'
import { rankOf } from '../core/rendezvous.ts'
import type { Dirty } from '../queue/dirty-sets.ts'
import type { Queue } from '../queue/queue.ts'

/** Where entities are noted that hold entries. */
export interface DirtySource {
  readonly partitions: number
  due(partition: number, afterMs: number, most: number): Promise<readonly Dirty[]>
}

export interface DirtySweepOptions {
  readonly clock: Pick<Clock, 'after' | 'monotonic'>
  readonly bus: Pick<Bus, 'node' | 'nodes'>
  readonly dirty: DirtySource
  readonly queue: Queue
  /** For so long an entity is not written to, in ms, until it is due. */
  readonly quietMs: number
}

/** An entity is looked at so many times in `quietMs`. */
const LOOKS = 4
/** A round over all partitions takes at least this, in so many steps. */
const ROUND_MS = 1_000
const STEPS = 16
/** Of one partition in one step. */
const MOST = 100
/** How many entities are remembered. Those that are forgotten are due later. */
const MOST_SEEN = 100_000
/** What does not come to rest is offered less and less often, at last every so many `quietMs`. */
const RAREST = 64

interface Seen {
  head: string
  /** When it was first seen like that, or was last offered. */
  since: number
  looked: number
  offered: number
}

/**
 * Finds what nobody has offered: entities that are quiet, and those whose node died before it could.
 *
 * Partitions are shared among the nodes. An entity of an own one is looked at a few times in
 * `quietMs`; when its log ends where it ended so long before, it is offered. First it is compacted;
 * offered once more, it comes to rest and is dirty no longer. One that stays (an entry that nobody
 * understands) is offered ever more rarely. What a node has seen is gone with it: the next one looks
 * for `quietMs` anew. [J6]
 */
export class DirtySweep {
  readonly #options: DirtySweepOptions
  readonly #seen = new Map<EntityKey, Seen>()
  #own: readonly number[] = []
  #step = 0
  /** In this step the queue has taken nothing more: what else is due is due in the next round. */
  #isFull = false
  #cancel: Cancel
  #closed = false

  constructor(options: DirtySweepOptions) {
    this.#options = options
    this.#cancel = this.#arm()
  }

  /** What is being asked is not waited for: it offers nothing any more. Idempotent. */
  close(): void {
    this.#closed = true
    this.#cancel()
  }

  #arm(): Cancel {
    const { clock, quietMs } = this.#options
    const round = Math.max(ROUND_MS, quietMs / LOOKS)
    return clock.after(round / STEPS, () => {
      void this.#look().finally(() => {
        if (!this.#closed) this.#cancel = this.#arm()
      })
    })
  }

  /** Without Redis nothing is found; what is dirty stays so. */
  async #look(): Promise<void> {
    const { bus, dirty, quietMs } = this.#options
    if (this.#step === 0) {
      this.#forget()
      const nodes = bus.nodes()
      const all = Array.from({ length: dirty.partitions }, (_, partition) => partition)
      this.#own = all.filter((partition) => rankOf(String(partition), bus.node, nodes) === 0)
    }
    this.#isFull = false
    const size = Math.ceil(this.#own.length / STEPS)
    const partitions = this.#own.slice(this.#step * size, (this.#step + 1) * size)
    this.#step = (this.#step + 1) % STEPS
    const found = await Promise.allSettled(
      partitions.map((partition) => dirty.due(partition, quietMs / LOOKS, MOST)),
    )
    for (const one of found) {
      if (one.status === 'rejected') continue
      for (const each of one.value) if (!this.#closed) await this.#consider(each)
    }
  }

  async #consider({ entity, head }: Dirty): Promise<void> {
    const { clock, queue, quietMs } = this.#options
    const now = clock.monotonic()
    const seen = this.#seen.get(entity)
    // Whatever is looked at goes to the end: at the beginning is what has come to rest since.
    this.#seen.delete(entity)
    if (seen === undefined || seen.head !== head) {
      this.#remember(entity, { head, since: now, looked: now, offered: 0 })
      return
    }
    seen.looked = now
    this.#remember(entity, seen)
    if (now - seen.since < quietMs * Math.min(RAREST, 2 ** Math.max(0, seen.offered - 1))) return
    if (this.#isFull) return
    try {
      this.#isFull = (await queue.offer({ entity, why: 'quiet' })) === 'full'
    } catch {
      this.#isFull = true
    }
    if (this.#isFull) return
    seen.since = now
    seen.offered++
  }

  /** What has come to rest, or is another's to look after, is not looked at any more. */
  #forget(): void {
    const { clock, quietMs } = this.#options
    const before = clock.monotonic() - 2 * Math.max(ROUND_MS, quietMs)
    for (const [entity, { looked }] of this.#seen) {
      if (looked > before) return
      this.#seen.delete(entity)
    }
  }

  #remember(entity: EntityKey, seen: Seen): void {
    this.#seen.set(entity, seen)
    if (this.#seen.size <= MOST_SEEN) return
    for (const oldest of this.#seen.keys()) {
      this.#seen.delete(oldest)
      return
    }
  }
}
