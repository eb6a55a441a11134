import { type Branch, headOf } from '../core/branch.ts'
import { TributaryError } from '../core/errors.ts'
import {
  epochOf,
  FIRST_CHECK,
  formatPosition,
  generationOf,
  type Position,
  samePosition,
} from '../core/position.ts'
import { nextCheck } from './chain.ts'

/** How many of its newest entries a lane knows by id. */
const REMEMBERED = 64

/** Where an entry goes. */
export type Placed =
  | { readonly is: 'new'; readonly position: Position; readonly previous: Position }
  /** It is there already: a re-sent append whose answer was lost. */
  | { readonly is: 'known'; readonly position: Position }

/**
 * The end of one entity's log, where entries get their places: offset, check, and for the first one
 * an incarnation. What it hands out is a promise until the store has it; when the store fails, the
 * lane is thrown away and made anew from what is really there.
 */
export class Lane {
  #head: Position
  /** The entry at the head; `null` when nothing was put there. Most lanes never need a table. */
  #newest: string | null = null
  /** Those before it. */
  #recent: Map<string, Position> | null = null

  constructor(branch: Branch) {
    this.#head = headOf(branch)
  }

  get head(): Position {
    return this.#head
  }

  /**
   * A known id comes before the condition: the entry that a lost answer was about has itself moved
   * the head away from what it expected.
   *
   * @param mint A new incarnation, for an entity that has no log yet.
   * @throws {TributaryError} `conflict` when the log does not end where it was expected to.
   */
  place(id: string, expect: Position | undefined, mint: () => string): Placed {
    const head = this.#head
    const known = id === this.#newest ? head : this.#recent?.get(id)
    if (known !== undefined) return { is: 'known', position: known }
    if (expect !== undefined && !samePosition(expect, head)) {
      const [wanted, found] = [formatPosition(expect), formatPosition(head)]
      throw new TributaryError('conflict', `the log was expected to end at ${wanted}, not ${found}`)
    }
    const position: Position = {
      epoch: isUnborn(head) ? epochOf(0, mint()) : head.epoch,
      offset: head.offset + 1,
      check: nextCheck(head.check, id),
    }
    if (this.#newest !== null) this.#remember(this.#newest, head)
    this.#head = position
    this.#newest = id
    return { is: 'new', position, previous: head }
  }

  /** The next generation: empty, under an incarnation of its own. */
  remove(mint: () => string): Position {
    const epoch = epochOf(generationOf(this.#head.epoch) + 1, mint())
    this.#head = { epoch, offset: 0, check: FIRST_CHECK }
    this.#newest = null
    this.#recent = null
    return this.#head
  }

  #remember(id: string, position: Position): void {
    this.#recent ??= new Map()
    this.#recent.set(id, position)
    if (this.#recent.size < REMEMBERED) return
    for (const oldest of this.#recent.keys()) {
      this.#recent.delete(oldest)
      break
    }
  }
}

const isUnborn = (head: Position): boolean => head.epoch.endsWith('.')
