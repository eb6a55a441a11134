import type { Unfiled } from './calls.ts'
import { type JournalBounds, type Length, reaches, shareOfRoom } from './journal-bounds.ts'

/**
 * How long the journal is, as the main thread knows it: what the reader's thread has told, and what
 * was committed since it was asked. Never less than there is, and a few additions per commit.
 *
 * Commits have no way of getting ahead of the filing: from `paid` on each one first has that part of
 * the filing done that it takes of the room left. So what is left to file and what room is left come
 * to an end together, and a commit of 100 rows waits for 250 to be filed, not for 40,000.
 */
export class Backlog {
  readonly #bounds: JournalBounds
  #rows = 0
  #bytes = 0
  /** Committed since the reader's thread was asked last. */
  #since = { rows: 0, bytes: 0 }

  constructor(bounds: JournalBounds) {
    this.#bounds = bounds
  }

  /** Whether there is something to be filed. */
  get isLong(): boolean {
    return reaches(this.#length, this.#bounds.filed)
  }

  /** Whether who adds to it has to wait for the filing. */
  get isPaid(): boolean {
    return reaches(this.#length, this.#bounds.paid)
  }

  /** Slices of filing that a commit of so much has to wait for, of those that are left. */
  owed(added: Length, slices: number): number {
    const share = shareOfRoom(added, this.#length, this.#bounds.most)
    return share >= 1 ? slices : Math.ceil(share * slices)
  }

  add({ rows, bytes }: Length): void {
    this.#rows += rows
    this.#bytes += bytes
    this.#since.rows += rows
    this.#since.bytes += bytes
  }

  /** Asks how long it is. What is committed meanwhile may be in the answer or not, and is counted. */
  async ask(question: () => Promise<Unfiled>): Promise<Unfiled> {
    const since = { rows: 0, bytes: 0 }
    this.#since = since
    const unfiled = await question()
    // Of two questions under way at a time, the first does not know what the second one does.
    if (this.#since !== since) return unfiled
    this.#rows = unfiled.rows + since.rows
    this.#bytes = unfiled.bytes + since.bytes
    return unfiled
  }

  /** It cannot be filed now: nobody is to wait for that, until it has grown as much again. */
  forget(): void {
    this.#rows = 0
    this.#bytes = 0
  }

  get #length(): Length {
    return { rows: this.#rows, bytes: this.#bytes }
  }
}
