import { TributaryError } from '../../core/errors.ts'
import type { Skipped } from '../../log/log.ts'
import type { Metrics } from '../../ops/metrics.ts'

export interface Fault {
  readonly offset: number
  readonly why: Skipped['why'] | 'malformed'
}

/** Offsets that are remembered; further ones may be counted again. */
const MOST = 10_000

/**
 * What of an entity's log could not be taken as long as it is open here. Each entry is counted once,
 * however often the log is read. Those that are damaged are named one by one; of those that a later
 * version has written only the first, since there may be as many as it likes. [H32]
 */
export class PassedOver {
  readonly #offsets = new Set<number>()
  #hasLater = false
  #hasToldLater = false

  /** Entries of a later version are among them: what builds on those is not closed. */
  get hasLater(): boolean {
    return this.#hasLater
  }

  /** A snapshot may hold what those brought; the next look at the log says what still lacks. */
  forgetLater(): void {
    this.#hasLater = false
  }

  note(
    faults: readonly Fault[],
    metrics: Pick<Metrics, 'damaged' | 'notUnderstood'>,
    tell: (what: string, error: TributaryError) => void,
  ): void {
    for (const { offset, why } of faults) {
      const isLater = why === 'not-understood'
      if (isLater) this.#hasLater = true
      if (this.#offsets.has(offset)) continue
      if (this.#offsets.size >= MOST) this.#offsets.clear()
      this.#offsets.add(offset)
      metrics[isLater ? 'notUnderstood' : 'damaged'].add()
      if (isLater && this.#hasToldLater) continue
      if (isLater) this.#hasToldLater = true
      const what = isLater ? LATER : 'an entry was passed over'
      tell(what, new TributaryError('damaged', `entry ${offset} is ${why}`))
    }
  }
}

const LATER = 'entries of a later version are passed over here, and kept'
