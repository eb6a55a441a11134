import { inPile } from '../model/order.ts'
import type { Shape } from '../model/shape.ts'

/** A shape and where it is, as the index keeps it. */
export interface Entry {
  readonly shape: Shape
  readonly minX: number
  readonly minY: number
  readonly maxX: number
  readonly maxY: number
  /** How many are below it; right after `Pile.settle`. */
  rank: number
  /** Not in the pile any more. */
  isGone: boolean
}

/**
 * All entries from bottom to top. Changes are only noted; the first question after them merges what
 * is new, sorted, into what is there: some microseconds per thousand shapes, once per frame however
 * many changes came, where sorting everything took milliseconds.
 */
export class Pile {
  #entries: Entry[] = []
  #fresh: Entry[] = []
  #isSettled = true
  #shapes: readonly Shape[] | null = null

  add(entry: Entry): void {
    this.#fresh.push(entry)
    this.#isSettled = false
  }

  remove(entry: Entry): void {
    entry.isGone = true
    this.#isSettled = false
  }

  /** The entries, each with its rank. */
  settle(): readonly Entry[] {
    if (this.#isSettled) return this.#entries
    const fresh = this.#fresh
      .filter(({ isGone }) => !isGone)
      .sort((a, b) => inPile(a.shape, b.shape))
    const merged: Entry[] = []
    const put = (entry: Entry) => {
      entry.rank = merged.length
      merged.push(entry)
    }
    let next = 0
    for (const entry of this.#entries) {
      if (entry.isGone) continue
      for (; next < fresh.length; next++) {
        const one = fresh[next] as Entry
        if (inPile(one.shape, entry.shape) > 0) break
        put(one)
      }
      put(entry)
    }
    for (; next < fresh.length; next++) put(fresh[next] as Entry)
    this.#entries = merged
    this.#fresh = []
    this.#isSettled = true
    this.#shapes = null
    return merged
  }

  shapes(): readonly Shape[] {
    const entries = this.settle()
    this.#shapes ??= entries.map(({ shape }) => shape)
    return this.#shapes
  }

  /** The entries among `found` from bottom to top. */
  sorted(found: readonly Entry[]): Shape[] {
    const entries = this.settle()
    // Numbers sort natively, six times as fast as entries by a function.
    const ranks = Uint32Array.from(found, ({ rank }) => rank).sort()
    return Array.from(ranks, (rank) => (entries[rank] as Entry).shape)
  }
}
