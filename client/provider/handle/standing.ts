import { generationOf, placeOf } from '../../../src/core/position.ts'

/**
 * Where this copy stands in the server's log, and whether it may hold more than that log: what was
 * handed out early, by a node that died before it was written, is then brought back by us.
 *
 * A position is good for the way down as soon as it is told. Of the way up it says less:
 *
 * | | |
 * |---|---|
 * | since `at` | something was received or acknowledged on this channel since: the next `at` is about that too |
 * | unproven | something was received elsewhere: on a channel that is gone, from another tab, in an earlier life. No `at` of this channel is about that, an answer has to be acknowledged first |
 */
export class Standing {
  #position = ''
  #sinceAt = false
  #unproven = false
  /** The batch of the answer that proves what is unproven. */
  #answer: number | null = null
  /** The offset of what was acknowledged last. */
  #acknowledged = 0

  /** In the log of the server; `''` when nobody has said. */
  get position(): string {
    return this.#position
  }

  /** Whether more may be here than is in the log at or below it. */
  get beyond(): boolean {
    return this.#sinceAt || this.#unproven
  }

  /** @param beyond Whether there may be more than that. */
  start(position: string, beyond: boolean): void {
    this.#position = position
    this.#unproven ||= beyond
  }

  /** Is this the log of an entity that was removed since? Not when nobody has said where it stood. */
  isRemovedAt(position: string): boolean {
    return generationOf(position) > generationOf(this.#position)
  }

  /** Is this the log that the position is of? */
  isOf(position: string): boolean {
    return epoch(position) === epoch(this.#position)
  }

  /** Everything in the log at or below it is here. */
  caughtUp(position: string): void {
    this.#position = position
    this.#sinceAt = true
  }

  received(): void {
    this.#sinceAt = true
  }

  receivedElsewhere(): void {
    this.#unproven = true
    this.#answer = null
  }

  /** There is nothing here that the server does not know. */
  nothingMore(): void {
    this.#unproven = false
    this.#answer = null
    this.#sinceAt = true
  }

  answered(batch: number): void {
    this.#answer = batch
  }

  /** The answer under this batch was refused: no acknowledgement is about it. */
  unanswered(batch: number): void {
    if (this.#answer === batch) this.#answer = null
  }

  acknowledged(batch: number, position: string): void {
    this.#sinceAt = true
    this.#acknowledged = offset(position)
    if (this.#answer === null || batch < this.#answer) return
    this.#unproven = false
    this.#answer = null
  }

  at(position: string): void {
    this.#position = position
    // It is about what we were sent; what we sent may have gone into the log behind it.
    if (offset(position) >= this.#acknowledged) this.#sinceAt = false
  }

  lost(): void {
    this.#unproven ||= this.#sinceAt
    this.#sinceAt = false
    this.#answer = null
    this.#acknowledged = 0
  }
}

const epoch = (position: string) => placeOf(position).epoch
const offset = (position: string) => placeOf(position).offset
