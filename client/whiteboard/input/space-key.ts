import { type ReadonlySignal, signal } from '@preact/signals-core'

/**
 * The space bar, which has two jobs: held, it lends a hand to the mouse; pressed and let go of with
 * nothing in between, it is a press of the crosshair.
 */
export class SpaceKey {
  readonly #held = signal(false)
  #used = false

  readonly isHeld: ReadonlySignal<boolean> = this.#held

  get held(): boolean {
    return this.#held.peek()
  }

  press(): void {
    if (!this.held) this.#used = false
    this.#held.value = true
  }

  /** A pointer moved or was pressed: it was for the hand. */
  use(): void {
    this.#used = true
  }

  /** Lets go. Whether it was a press of its own. */
  release(): boolean {
    const pressed = this.held && !this.#used
    this.#held.value = false
    return pressed
  }
}
