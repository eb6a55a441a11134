import { type Position, samePosition } from '../core/position.ts'

const MOST = 256

/**
 * The newest places of a log that an entity has been through and left behind: who comes back to one of
 * them need not be looked for in the store.
 */
export class Trail {
  /** By rising offset, of one epoch. */
  #before: Position[]

  constructor(first: Position) {
    this.#before = [first]
  }

  /** The next place that it has left behind. */
  note(position: Position): void {
    if (this.#before.length >= MOST) this.#before = this.#before.slice(MOST / 2)
    this.#before.push(position)
  }

  /** `false` when it does not, or when that is too long ago to be known. */
  goesThrough(position: Position): boolean {
    return this.#before.some((one) => samePosition(one, position))
  }
}
