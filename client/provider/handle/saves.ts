import { TIERS, type Tier } from '../../../src/core/tier.ts'
import type { Surroundings } from './surroundings.ts'

/** Why `saved()` rejected. What was written is as it was: in the outbox, or set aside. */
export class NotSaved extends Error {
  /**
   * `tier`: this server cannot. `timeout`: not yet. `destroyed`: this handle is gone. Otherwise the
   * code with which the server refused.
   */
  readonly code: string

  constructor({ code, reason }: { readonly code: string; readonly reason: string }) {
    super(reason)
    this.name = 'NotSaved'
    this.code = code
  }
}

export interface SavedOptions {
  /** At least so safe; as the server has it when left out. */
  readonly tier?: Tier | undefined
  /** From when what was kept on the device has been read. */
  readonly timeoutMs?: number | undefined
}

export const DESTROYED = { code: 'destroyed', reason: 'destroyed' }

interface Wait {
  /** The number of the last edit that it is about. */
  upTo: number
  readonly tier: Tier | undefined
  readonly done: () => void
  readonly fail: (why: Why) => void
}

/** How the outbox stands, for those who wait. */
export interface Outstanding {
  waitsFor(number: number): boolean
}

/** Why something was not taken. */
type Why = Pick<NotSaved, 'code'> & { readonly reason: string }

/** Everybody who waits for what was written to be saved. */
export class Saves {
  readonly #outbox: Outstanding
  readonly #around: Surroundings
  readonly #kept: { readonly asides: readonly Why[] }
  /** Of what is being set aside, and not among `asides` yet. */
  refusing: Why | null = null
  /** How safe what is acknowledged is; `null` before the server has said. */
  tier: Tier | null = null
  #denied: Why | null = null
  #waits = new Set<Wait>()

  constructor(
    outbox: Outstanding,
    kept: { readonly asides: readonly Why[] },
    around: Surroundings,
  ) {
    this.#outbox = outbox
    this.#kept = kept
    this.#around = around
  }

  wait(upTo: number, { tier, timeoutMs }: SavedOptions): Promise<void> {
    const notTaken = () => this.refusing ?? this.#kept.asides.at(-1)
    const had = notTaken()
    return new Promise((resolve, reject) => {
      let stop = () => {}
      const end = (then: () => void) => {
        stop()
        this.#waits.delete(wait)
        then()
      }
      const wait: Wait = {
        upTo,
        tier,
        done: () => {
          // It may have been forgotten since, or taken after all.
          const why = had && notTaken()
          if (why) wait.fail(why)
          else end(resolve)
        },
        fail: (why) => end(() => reject(new NotSaved(why))),
      }
      if (timeoutMs !== undefined) {
        stop = this.#around.after(timeoutMs, () =>
          wait.fail({ code: 'timeout', reason: `not saved within ${timeoutMs} ms` }),
        )
      }
      this.#waits.add(wait)
      this.look()
    })
  }

  /** The server says how safe what it acknowledges is. */
  safe(tier: Tier): void {
    this.tier = tier
    this.#denied = null
    this.look()
  }

  /** Something was acknowledged. */
  look(): void {
    for (const wait of this.#waits) {
      const { tier, upTo } = wait
      if (tier && this.tier && isLess(this.tier, tier)) {
        const reason = `this server saves as "${this.tier}" only, and "${tier}" was asked for`
        wait.fail({ code: 'tier', reason })
      } else if (!this.#outbox.waitsFor(upTo) && (!tier || this.tier)) {
        wait.done()
      } else if (this.#denied !== null) wait.fail(this.#denied)
    }
  }

  /** Nothing can be saved, until the server says how safe it is. */
  denied(why: Why): void {
    this.#denied = why
    this.look()
  }

  /** Edits from that number on were not taken. */
  refused(from: number, why: Why): void {
    this.refusing = why
    for (const wait of this.#waits) {
      if (wait.upTo >= from) wait.fail(why)
    }
  }

  /** They are among `asides`. */
  setAside(): void {
    this.refusing = null
  }

  /** What was set aside is an edit again, up to that number. */
  takenBack(upTo: number): void {
    for (const wait of this.#waits) wait.upTo = upTo
  }

  end(): void {
    for (const wait of this.#waits) wait.fail(DESTROYED)
  }
}

/** Nothing is as safe as a tier that there is not. */
const isLess = (a: Tier, b: Tier): boolean => !TIERS.slice(0, TIERS.indexOf(a) + 1).includes(b)
