import { TributaryError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Tier } from '../core/tier.ts'
import { refusalOf, weaknessesOf } from './checks.ts'
import { type Ask, readFacts } from './facts.ts'
import { type TierReading, tierOf, UNKNOWN } from './tier.ts'

export interface StandingOptions {
  /** The tier where Redis does not say it. */
  readonly declared: Tier | null
  /** How many replicas an acknowledgement waits for. */
  readonly replicas: number
  readonly logger: Logger
}

/** How the Redis stands that a link is with: what was found when it was last looked at. */
export class Standing {
  readonly #options: StandingOptions
  #reading = UNKNOWN
  #weaknesses: readonly string[] = []

  constructor(options: StandingOptions) {
    this.#options = options
  }

  get tier(): Tier {
    return this.#reading.tier
  }

  /** The tier is what an operator says. */
  get declared(): boolean {
    return this.#reading.declared
  }

  /** What an operator should know although everything works. */
  get weaknesses(): readonly string[] {
    return this.#weaknesses
  }

  /**
   * Looks at it, and says in the log lines what is not as it was.
   *
   * @throws {TributaryError} `not-available` when it cannot be ours; what ioredis throws.
   */
  async examine(ask: Ask): Promise<void> {
    const facts = await readFacts(ask)
    const refusal = refusalOf(facts)
    if (refusal !== null) throw new TributaryError('not-available', refusal)
    this.#takeTier(tierOf(facts, this.#options.declared))
    this.#takeWeaknesses(weaknessesOf(facts, this.#options.replicas))
  }

  #takeTier(reading: TierReading): void {
    const before = this.#reading
    this.#reading = reading
    const { tier, why } = reading
    if (before.tier === tier && before.why === why) return
    const fields = { tier, before: before === UNKNOWN ? null : before.tier, why }
    this.#options.logger.info('durability tier of redis', fields)
  }

  #takeWeaknesses(found: readonly string[]): void {
    for (const why of found) {
      if (!this.#weaknesses.includes(why)) this.#options.logger.warn('a weakness of redis', { why })
    }
    this.#weaknesses = found
  }
}
