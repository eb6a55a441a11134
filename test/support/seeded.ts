/** Randomness that a seed replays: mulberry32, small and good enough to choose test input. */
export class Seeded {
  readonly seed: number
  #state: number

  constructor(seed: number) {
    this.seed = seed
    this.#state = seed >>> 0
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new TypeError('nothing to pick from')
    return items[this.int(0, items.length - 1)] as Item
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(0, 255))
  }
}

/**
 * A seed for this run: another one each time, so that every run looks elsewhere, but always the same
 * where a red run would say nothing about the change (`CI=true`). `SEED=` replays one; a failing
 * test's message names it.
 */
export const seedOfRun = (): number =>
  Number(
    process.env.SEED ?? (process.env.CI === undefined ? Math.floor(Math.random() * 2 ** 31) : 1),
  )
