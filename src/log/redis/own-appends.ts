import { type Epoch, generationOf, type Position, samePosition } from '../../core/position.ts'
import type { LogRead } from '../log.ts'

/** `lost`: the log does not hold what it was answered to hold; it may be appended again. */
export type OwnOutcome = 'there' | 'lost'

interface Open {
  readonly no: number
  readonly position: Position
  /** `null` when nobody waits any more: it has to be seen all the same. */
  settle: ((outcome: OwnOutcome) => void) | null
}

/** So many are remembered of a log that cannot be read. */
const MOST = 256

/**
 * What own appends were answered and the log has not been seen to hold, for one feed.
 *
 * A node may be answered "101" while 99 and 100 have not come. When the store fails over to a copy
 * that ends at 98, the next entry is another 99, which continues what the node has: nothing about it
 * looks wrong, and 101 would be forgotten. So each answer is held against what is told at its
 * offset, and against the end of the log. [L63]
 *
 * What has been told needs no more: whatever comes next must continue it, check included.
 */
export class OwnAppends {
  #open: Open[] = []
  #no = 0

  /** Those noted so far: what a read can be held to that is asked now. */
  get noted(): number {
    return this.#no
  }

  get isEmpty(): boolean {
    return this.#open.length === 0
  }

  /** Resolves when the log was seen to hold it, or not to, or when that cannot be found out now. */
  note(position: Position): Promise<OwnOutcome> {
    return new Promise((settle) => {
      this.#open.push({ no: ++this.#no, position, settle })
      if (this.#open.length > MOST) this.#open.shift()?.settle?.('there')
    })
  }

  /** From where a read must begin to show all of them; `null` when it may be anywhere above. */
  lowest(at: Position): Position | null {
    let lowest: Position | null = null
    for (const { position } of this.#open) {
      if (position.epoch !== at.epoch || position.offset > at.offset) continue
      if (lowest === null || position.offset < lowest.offset) lowest = position
    }
    return lowest
  }

  /** An entry has been told: whether it stands where an own one should. */
  isDenied({ epoch, offset, check }: Position): boolean {
    if (this.#open.length === 0) return false
    return this.#open.some(
      ({ position }) =>
        position.offset === offset && (position.check !== check || position.epoch !== epoch),
    )
  }

  /** An entry has been told. */
  told(position: Position): void {
    if (this.#open.length === 0) return
    this.#close('there', (open) => samePosition(open.position, position))
  }

  /**
   * What a read shows about those that were noted before it was asked.
   *
   * @param asked The position behind which was read; the log goes through it.
   * @returns false when one of them is not in the log.
   */
  isHeldBy(read: LogRead & { is: 'entries' }, asked: Position, noted: number): boolean {
    const isAt = (own: Position): boolean =>
      samePosition(own, asked) || read.entries.some(({ position }) => samePosition(position, own))
    for (const { no, position } of [...this.#open]) {
      if (no > noted) continue
      if (!isAt(position)) return false
      this.told(position)
    }
    return true
  }

  /** What is told from now on is of another history, or of the next generation. */
  reset(epoch: Epoch): void {
    const isRemoved = (open: Open) => generationOf(open.position.epoch) < generationOf(epoch)
    this.#close('there', isRemoved)
    this.#close('lost', () => true)
  }

  /** It cannot be found out now: it is durable all the same, and nobody waits for longer. */
  release(): void {
    for (const open of this.#open) {
      open.settle?.('there')
      open.settle = null
    }
  }

  #close(outcome: OwnOutcome, which: (open: Open) => boolean): void {
    const closing = this.#open.filter(which)
    if (closing.length === 0) return
    this.#open = this.#open.filter((open) => !which(open))
    for (const { settle } of closing) settle?.(outcome)
  }
}
