import { distance, type Point } from '../geometry/point.ts'

const QUICK_MS = 400
// Fingers do not hit the same spot twice.
const NEAR_PX = { mouse: 5, pen: 12, touch: 24, keyboard: 0 } as const

type By = keyof typeof NEAR_PX

/** Counts quick presses on one spot: 1, 2, 3. A press that became a drag is no part of a double. */
export class ClickCount {
  #last: {
    readonly at: Point
    readonly ms: number
    readonly by: By
    readonly clicks: number
  } | null = null

  /** Counts the press at `at` in the view, at `ms` of any clock. */
  press(at: Point, ms: number, by: By): number {
    const last = this.#last
    const again =
      last !== null &&
      last.by === by &&
      ms - last.ms <= QUICK_MS &&
      distance(last.at, at) <= NEAR_PX[by]
    const clicks = again ? last.clicks + 1 : 1
    this.#last = { at, ms, by, clicks }
    return clicks
  }

  /** The pointer is at `at` while pressed. */
  drag(at: Point): void {
    if (this.#last !== null && distance(this.#last.at, at) > NEAR_PX[this.#last.by]) this.forget()
  }

  forget(): void {
    this.#last = null
  }
}
