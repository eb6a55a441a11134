import type { Cancel, Clock } from '../../core/clock.ts'
import type { Knowledge } from '../../crdt/knowledge.ts'
import type { SoundUpdate } from '../../crdt/scan.ts'
import type { Member } from '../member.ts'

/** How often what came meanwhile is looked at. */
const LOOK_MS = 250
/** So long what builds on something lost is kept, in case that a client brings it. */
const GIVE_UP_MS = 15_000
const FIRST = 2

/** The entity, as far as asking goes. */
export interface Asker {
  readonly askable: Iterable<Member>
  readonly knowledge: Knowledge
  /** Takes what is closed by now. @returns what is not. */
  takeClosed(updates: readonly SoundUpdate[]): readonly SoundUpdate[]
  /** Something is not there that was known once; these build on it. */
  giveUp(updates: readonly SoundUpdate[]): void
  /** Nothing is missing any more, or it was given up. */
  asked(): void
}

/**
 * Asks the clients of a healed entity that may write what they have and it has not. [L75]
 *
 * Two are asked whatever is lacking: the answer of a client that is up to date is small, and that of
 * one that is not may be the whole entity. As long as something is not there that was known before, or
 * something waits for it, more are asked, twice as many each second, each with what is known by then.
 */
export class Asking {
  readonly #clock: Clock
  readonly #asker: Asker
  readonly #known: readonly Knowledge[]
  #unclosed: readonly SoundUpdate[]
  readonly #asked = new WeakSet<Member>()
  readonly #since: number
  #atOnce = FIRST
  #askedAt = Number.NEGATIVE_INFINITY
  #cancel: Cancel | null = null
  #isOver = false

  /** @param known what was known before the log was found to be another. */
  constructor(
    clock: Clock,
    asker: Asker,
    known: readonly Knowledge[],
    unclosed: readonly SoundUpdate[],
  ) {
    this.#clock = clock
    this.#asker = asker
    this.#known = known
    this.#unclosed = unclosed
    this.#since = clock.monotonic()
  }

  /** What waits for something that is lost. */
  get unclosed(): readonly SoundUpdate[] {
    return this.#unclosed
  }

  /** What was known before, as long as not all of it is here again. */
  get missing(): readonly Knowledge[] {
    return this.#known.filter((known) => !this.#asker.knowledge.contains(known))
  }

  get isOver(): boolean {
    return this.#isOver
  }

  begin(): void {
    this.#look()
  }

  close(): void {
    this.#cancel?.()
  }

  #look(): void {
    this.#cancel = null
    if (this.#unclosed.length > 0) this.#unclosed = this.#asker.takeClosed(this.#unclosed)
    const now = this.#clock.monotonic()
    if (now - this.#askedAt >= 1_000) this.#ask(now)
    const isComplete = this.#unclosed.length === 0 && this.missing.length === 0
    if (!isComplete && now - this.#since < GIVE_UP_MS) {
      this.#cancel = this.#clock.after(LOOK_MS, () => this.#look())
      return
    }
    const unclosed = this.#unclosed
    this.#unclosed = []
    this.#isOver = true
    if (!isComplete) this.#asker.giveUp(unclosed)
    this.#asker.asked()
  }

  #ask(now: number): void {
    this.#askedAt = now
    let left = this.#atOnce
    this.#atOnce *= 2
    for (const member of this.#asker.askable) {
      if (left === 0) return
      if (this.#asked.has(member)) continue
      this.#asked.add(member)
      if (member.ask()) left--
    }
  }
}
