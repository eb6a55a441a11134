import { MergeTree } from '../crdt/merge-tree.ts'
import type { SoundUpdate, StateVector } from '../crdt/scan.ts'
import { scanUpdate } from '../crdt/scan-update.ts'

/** Offsets are from 1. */
const NOWHERE = 0
/** Of all that have none: it is exchanged, never pushed to. */
const NONE: number[] = []

/**
 * Everything behind an entity's snapshot, in the order in which it was fanned out, which is each
 * batch's `seq`. Those at the end may not be in the log yet.
 */
export class Tail {
  #tree = new MergeTree()
  /**
   * The log offset of each batch, from the first on; `NOWHERE` of one that is not durable. The log may
   * have them in another order.
   */
  #offsets = NONE

  /** The `seq` that the next batch gets. */
  get next(): number {
    return this.#tree.next
  }

  get count(): number {
    return this.#tree.count
  }

  get bytes(): number {
    return this.#tree.bytes
  }

  /** @returns its `seq`. */
  push(update: SoundUpdate): number {
    return this.#tree.push(update)
  }

  /** The batch is in the log. */
  landed(seq: number, offset: number): void {
    const at = seq - this.#tree.first
    // A snapshot covers it by now, or the content was exchanged.
    if (at < 0) return
    if (at === 0 && this.#offsets.length === 0) {
      this.#offsets = [offset]
      return
    }
    if (this.#offsets === NONE) this.#offsets = []
    while (this.#offsets.length < at) this.#offsets.push(NOWHERE)
    this.#offsets[at] = offset
  }

  #offsetOf(seq: number): number {
    return this.#offsets[seq - this.#tree.first] ?? NOWHERE
  }

  /** The updates, as they were pushed, by their `seq`. */
  *[Symbol.iterator](): Generator<readonly [seq: number, update: SoundUpdate], void> {
    let seq = this.#tree.first
    for (const update of this.#tree.from(seq)) yield [seq++, update]
  }

  /** Forgets everything. What is pushed then comes behind it: nobody can be sent less than all of it. */
  clear(): void {
    this.#tree = new MergeTree(this.#tree.next)
    this.#offsets = NONE
  }

  /** Everything, merged. */
  merged(): SoundUpdate {
    return this.#tree.merged(this.#tree.first)
  }

  /**
   * Everything after the batch `seq`, merged: one buffer for all who ask from the same place. `null`
   * when the tail does not reach back so far any more.
   */
  since(seq: number): SoundUpdate | null {
    return seq + 1 < this.#tree.first ? null : this.#tree.merged(seq + 1)
  }

  /** What the log does not have at or below that offset. */
  beyond(offset: number): SoundUpdate[] {
    const found: SoundUpdate[] = []
    for (const [seq, update] of this) {
      const at = this.#offsetOf(seq)
      if (at === NOWHERE || at > offset) found.push(update)
    }
    return found
  }

  /** Takes down `known` to what it was before the batch `seq`, or to less. */
  lowerTo(seq: number, known: StateVector): void {
    for (const update of this.#tree.from(seq)) lower(known, update)
  }

  /** A snapshot covers the log up to that offset. What is behind one that it does not cover stays. */
  dropTo(offset: number): void {
    const isAbove = (at: number) => at === NOWHERE || at > offset
    const left = this.#offsets.findIndex(isAbove)
    const count = left < 0 ? this.#offsets.length : left
    this.#offsets = count === this.#offsets.length ? NONE : this.#offsets.slice(count)
    this.#tree.dropBelow(this.#tree.first + count)
  }
}

/** Takes out of `known` what an update has brought; of a half-known struct, all of it. */
export function lower(known: StateVector, update: SoundUpdate): void {
  const scan = scanUpdate(update)
  for (let section = 0; section < scan.sections; section++) {
    const client = scan.sectionClient[section] as number
    const first = scan.clock[scan.sectionFrom[section] as number] as number
    const clock = known.get(client)
    if (clock === undefined || clock <= first) continue
    if (first === 0) known.delete(client)
    else known.set(client, first)
  }
}
