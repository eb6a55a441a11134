import type { Epoch, Position } from './position.ts'

/** Numbers that a place takes: its offset, and the two halves of its check. */
const WIDTH = 3
const CHECK = 16

/**
 * The newest places that somebody has been through in a log.
 *
 * They are numbers in one array, into which no collection looks. As positions each would be four
 * objects: with a thousand busy entities a quarter of a node's heap after 40 s, and growing.
 *
 * @example
 * const trail = new Trail(8)
 * trail.note(position)
 * trail.goesThrough(position) // true
 */
export class Trail {
  readonly #most: number
  #epoch: Epoch | null = null
  /** A ring: the newest takes the place of the oldest. */
  #places: number[] = []
  #next = 0

  /** @param most So many are remembered. */
  constructor(most: number) {
    this.#most = most
  }

  /** The next place, behind the one before; of another epoch it is the first of a new trail. */
  note({ epoch, offset, check }: Position): void {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#places = []
      this.#next = 0
    }
    const at = this.#next * WIDTH
    this.#places[at] = offset
    this.#places[at + 1] = half(check, 0)
    this.#places[at + 2] = half(check, CHECK / 2)
    this.#next = (this.#next + 1) % this.#most
  }

  /** `false` when it does not, or when that is too long ago to be known. */
  goesThrough({ epoch, offset, check }: Position): boolean {
    const places = this.#places
    for (let at = 0; at < places.length; at += WIDTH) {
      if (places[at] !== offset || epoch !== this.#epoch) continue
      return places[at + 1] === half(check, 0) && places[at + 2] === half(check, CHECK / 2)
    }
    return false
  }
}

/** Eight hex digits, without a text of their own. */
function half(check: string, from: number): number {
  let value = 0
  for (let at = from; at < from + CHECK / 2; at++) {
    const digit = check.charCodeAt(at)
    // `a` is 97.
    value = value * 16 + (digit < 97 ? digit - 48 : digit - 87)
  }
  return value
}
