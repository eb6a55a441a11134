import type { StrokePoint } from 'perfect-freehand'
import type { InkPoint } from '../model/ink-point.ts'

/** How much of the way to the pen a line follows at once; the rest is smoothing. */
const FOLLOWS = 0.6
/** What pressure changes by over one width of the pen: perfect-freehand's own rate. */
const PRESSURE_RATE = 0.275
/** Strokes begin slowly, which would make them begin fat. */
const FIRST_GUESS = 0.35
/** A pen that touches down trembles: what it does this near to its first point gives no direction. */
const TREMBLE = 3

/** What a line has to know of what draws it: see `nib.ts`. */
interface Tip {
  readonly size: number
  readonly guesses: boolean
}

/**
 * The middle line of a stroke, smoothed: what `getStrokePoints` of perfect-freehand makes, but point
 * by point, so that a growing stroke costs what is new and not what there is. The guessed pressure is
 * part of a point, so that any stretch of the line can be outlined by itself and fits its neighbours.
 */
export class InkLine {
  readonly #size: number
  readonly #guesses: boolean
  #points: StrokePoint[] = []

  constructor({ size, guesses }: Tip) {
    this.#size = size
    this.#guesses = guesses
  }

  /** Of all points but the last; only those since `cut`. */
  get points(): readonly StrokePoint[] {
    return this.#points
  }

  /** Takes a point that is not the last one. */
  add(point: InkPoint): void {
    const next = this.#after(point, FOLLOWS)
    if (next === null) return
    const [first] = this.#points
    if (first?.runningLength === 0 && this.#points.length === 1) {
      if (next.distance < Math.min(TREMBLE, this.#size / 2)) return
      this.#points[0] = facing(first, next)
    }
    this.#points.push(next)
  }

  /** The line to `last`, where the pen is. It stays open to more. */
  upTo(last: InkPoint): StrokePoint[] {
    const points = this.#points.slice()
    const next = this.#after(last, 1)
    if (next !== null) points.push(next)
    const [first, second] = points
    if (first?.runningLength === 0 && second !== undefined && points.length === 2) {
      points[0] = facing(first, second)
    }
    return points
  }

  /** Hands over the line as far as it is, and goes on from where that ends. */
  cut(): StrokePoint[] {
    const points = this.#points
    this.#points = points.slice(-1)
    return points
  }

  #after([x, y, given]: InkPoint, follows: number): StrokePoint | null {
    const pressed = Math.min(1, Math.max(0, given))
    const before = this.#points.at(-1)
    if (before === undefined) {
      const pressure = this.#guesses ? FIRST_GUESS : pressed
      return { point: [x, y], pressure, vector: [1, 1], distance: 0, runningLength: 0 }
    }
    const [bx, by] = before.point
    const [dx, dy] = [(bx - x) * follows, (by - y) * follows]
    const distance = Math.hypot(dx, dy)
    // Nobody would see it, and a point needs a direction.
    if (distance < this.#size / 100) return null
    return {
      point: [bx - dx, by - dy],
      pressure: this.#guesses ? this.#guess(before.pressure, distance) : pressed,
      vector: [dx / distance, dy / distance],
      distance,
      runningLength: before.runningLength + distance,
    }
  }

  #guess(before: number, distance: number): number {
    const speed = Math.min(1, distance / this.#size)
    return Math.min(1, before + (1 - speed - before) * speed * PRESSURE_RATE)
  }
}

/** The first point has no way behind it: it looks where the second one came. */
const facing = (first: StrokePoint, { vector }: StrokePoint): StrokePoint => ({ ...first, vector })

/** The middle line of a whole stroke. */
export function lineThrough(points: readonly InkPoint[], tip: Tip): StrokePoint[] {
  const last = points.at(-1)
  if (last === undefined) return []
  const line = new InkLine(tip)
  for (let at = 0; at < points.length - 1; at++) line.add(points[at] as InkPoint)
  return line.upTo(last)
}
