import { type Position, samePosition } from '../core/position.ts'

const MOST = 256

/**
 * The newest places of a log that an entity has been through: who comes back to one of them need not
 * be looked for in the store.
 */
export class Trail {
  /** By rising offset, of one epoch. An entity at rest has one place, and so no array. */
  #before: Position[] = []
  #last: Position | null = null

  note(position: Position): void {
    const last = this.#last
    this.#last = position
    if (last === null || samePosition(last, position)) return
    if (last.epoch !== position.epoch || last.offset >= position.offset) {
      this.#before = []
      return
    }
    if (this.#before.length >= MOST) this.#before = this.#before.slice(MOST / 2)
    this.#before.push(last)
  }

  clear(): void {
    this.#before = []
    this.#last = null
  }

  /** `false` when it does not, or when that is too long ago to be known. */
  goesThrough(position: Position): boolean {
    if (this.#last !== null && samePosition(this.#last, position)) return true
    return this.#before.some((one) => samePosition(one, position))
  }
}
