import type { Cancel } from '../../../src/core/clock.ts'
import type { Environment } from './environment.ts'

/** Silence of this length is asked about. */
const QUIET_MS = 2_500
/** An answer comes within this time, and then within the next: two timers, see below. */
const ANSWER_MS = 2_000
const LAST_MS = 500
/** Asked all the same on a busy link, so that the round trip is known. */
const RENEW_MS = 15_000
/** A timer that comes later than this says something of the page, and nothing of the link. */
const LATE_MS = 1_200

export interface Pulse {
  ping(number: number): void
  /** From a ping to its answer, in ms. */
  rtt(ms: number): void
  /** How much longer than usual an answer may take, in ms: large things are on the way. */
  slack(): number
  /** Nothing is heard any more. */
  dead(): void
}

/**
 * Notices a dead link within 6 s, and takes no sleeper for dead.
 *
 * ```
 * quiet ──2.5 s without a frame──► asked ──2 s──► last look ──0.5 s──► dead
 * any ──a frame──► quiet
 * asked, last look ──the timer comes late──► asked anew, once
 * ```
 *
 * The wait for an answer ends in two timers because a page may be busy for seconds: between the two
 * whatever has arrived is heard. When the page did not run at all (a hidden tab, a laptop that slept),
 * nothing could be heard, so the question is put again; a second time without any answer is proof.
 */
export class Heartbeat {
  readonly #environment: Environment
  readonly #pulse: Pulse
  #cancel: Cancel = () => {}
  #heardAt: number
  #askedAt: number
  #number = 0
  /** Something was asked, and nothing has been heard since. */
  #isOpen = false
  /** The last question has not been answered by its own answer. */
  #isUnanswered = false
  #isLastLook = false
  #wasLate = false

  constructor(environment: Environment, pulse: Pulse) {
    this.#environment = environment
    this.#pulse = pulse
    this.#heardAt = environment.monotonic()
    this.#askedAt = this.#heardAt
  }

  /** A frame has come. */
  heard(): void {
    this.#heardAt = this.#environment.monotonic()
    this.#isOpen = false
  }

  /** @returns whether it answers the last question: then all that was sent before that has arrived. */
  pong(number: number): boolean {
    if (!this.#isUnanswered || number !== this.#number) return false
    this.#isUnanswered = false
    this.#pulse.rtt(this.#environment.monotonic() - this.#askedAt)
    // What was large has arrived: nothing more is waited for.
    this.#lookAtQuiet()
    return true
  }

  /** Asks now, unless an answer is awaited. */
  ask(): void {
    if (this.#isOpen || this.#isUnanswered) return
    this.#ask()
  }

  stop(): void {
    this.#cancel()
  }

  #ask(): void {
    this.#isOpen = true
    this.#isUnanswered = true
    this.#isLastLook = false
    this.#askedAt = this.#environment.monotonic()
    this.#pulse.ping(++this.#number)
    this.#wait(ANSWER_MS + this.#pulse.slack())
  }

  #wait(ms: number): void {
    this.#cancel()
    // The clock on the wall goes on while a device sleeps; the other one need not.
    const due = this.#environment.wall() + ms
    this.#cancel = this.#environment.after(ms, () => {
      this.#look(this.#environment.wall() > due + LATE_MS)
    })
  }

  #look(isLate: boolean): void {
    if (!this.#isOpen) this.#lookAtQuiet()
    else if (isLate && !this.#wasLate) {
      this.#wasLate = true
      this.#ask()
    } else if (isLate || this.#isLastLook) this.#pulse.dead()
    else {
      this.#isLastLook = true
      this.#wait(LAST_MS)
    }
  }

  #lookAtQuiet(): void {
    const now = this.#environment.monotonic()
    this.#wasLate = false
    const left = Math.min(this.#heardAt + QUIET_MS, this.#askedAt + RENEW_MS) - now
    if (left <= 0) this.#ask()
    else this.#wait(left)
  }
}
