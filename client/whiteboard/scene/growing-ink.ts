import type { StrokePoint } from 'perfect-freehand'
import type { LiveStroke } from '../model/board.ts'
import type { InkPoint } from '../model/ink-point.ts'
import { InkLine } from './ink-line.ts'
import { lacksPressure, type Nib, nibOf } from './nib.ts'
import { outlineOf } from './outline.ts'
import { highlighted } from './paint-stroke.ts'
import type { Part } from './painting.ts'
import { lineWidth } from './sizes.ts'

/** A stretch is done with this many points of the line, if it is as long as that (in units). */
const STRETCH_POINTS = 96
const STRETCH_LENGTH = 8

/**
 * What a growing stroke looks like, at the cost of what is new. Its line is smoothed point by point,
 * and whenever it has grown by a stretch, this stretch is outlined for good; only the open end is
 * outlined again each time. Neighbours share a point of the line, where both have a round end of the
 * same width: painted as one path they look like the outline of the whole, which takes their place
 * when the pen lifts. (Outlining the whole each time took 15 ms of a frame at 10,000 points.)
 */
export class GrowingInk {
  readonly #kind: LiveStroke['kind']
  readonly #width: number
  readonly #nib: Nib
  readonly #line: InkLine
  readonly #guesses: boolean
  readonly #done: Part[] = []
  /** Its first point and the one seen last. */
  #ends: readonly [InkPoint, InkPoint] | null = null
  #seen = 0

  constructor({ kind, look, points }: LiveStroke) {
    this.#kind = kind
    this.#width = lineWidth(kind, look)
    this.#guesses = kind === 'pen' && lacksPressure(points)
    this.#nib = nibOf(this.#width, this.#guesses)
    this.#line =
      kind === 'pen' ? new InkLine(this.#nib) : new InkLine({ size: this.#width, guesses: false })
  }

  /** Whether the stroke is the one seen last, grown: else it needs another of these. */
  continues({ kind, look, points }: LiveStroke): boolean {
    if (this.#ends === null || kind !== this.#kind || lineWidth(kind, look) !== this.#width) {
      return false
    }
    const [first, last] = this.#ends
    if (!isSame(points[0], first) || !isSame(points[this.#seen - 1], last)) return false
    // A pen that turns out to feel its pressure looks different from its start on.
    return !this.#guesses || lacksPressure(points, this.#seen)
  }

  grow({ points }: LiveStroke): readonly Part[] {
    const [first] = points
    const last = points.at(-1)
    if (first === undefined || last === undefined) return []
    for (let at = Math.max(0, this.#seen - 1); at < points.length - 1; at++) {
      this.#line.add(points[at] as InkPoint)
      if (isLong(this.#line.points)) this.#done.push(this.#partOf(this.#line.cut()))
    }
    this.#seen = points.length
    this.#ends = [first, last]
    return [...this.#done, this.#partOf(this.#line.upTo(last))]
  }

  #partOf(line: readonly StrokePoint[]): Part {
    return this.#kind === 'highlighter'
      ? highlighted(line, this.#width)
      : { d: outlineOf(line, this.#nib), fill: 'line', stroke: null }
  }
}

const isSame = (a: InkPoint | undefined, b: InkPoint): boolean =>
  a !== undefined && a[0] === b[0] && a[1] === b[1] && a[2] === b[2]

function isLong(line: readonly StrokePoint[]): boolean {
  if (line.length < STRETCH_POINTS) return false
  const [first, last] = [line[0] as StrokePoint, line.at(-1) as StrokePoint]
  return last.runningLength - first.runningLength >= STRETCH_LENGTH
}
