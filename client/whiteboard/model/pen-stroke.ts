import * as Y from 'yjs'
import type { Cancel, Clock } from '../../../src/core/clock.ts'
import { minus, type Point } from '../geometry/point.ts'
import type { LiveStroke, OpenStroke } from './board.ts'
import { PRESSURES } from './ink-format.ts'
import type { InkPoint } from './ink-point.ts'
import { InkWriter, levelOf } from './ink-writer.ts'
import { FARTHEST, LONGEST_STROKE } from './limits.ts'
import { newId, type Random } from './new-id.ts'
import type { Look, NewShape, ShapeId } from './shape.ts'
import { strokeOf, unitFor } from './stroke-of.ts'

/** Between two chunks, in ms: 20 a second. */
const PACE_MS = 50
/** A chunk costs 24 bytes besides its points: with few of them it waits for more, so long. */
const PATIENCE_MS = 100
const WORTH_SENDING = 6

export interface PenParts {
  readonly by: number
  readonly clock: Pick<Clock, 'monotonic' | 'after'>
  readonly random: Random
  readonly shown: (stroke: LiveStroke) => void
  readonly begun: (id: ShapeId, entry: Y.Map<unknown>) => void
  readonly grown: (chunks: Y.Array<Uint8Array>, chunk: Uint8Array) => void
  readonly cancelled: (id: ShapeId) => void
  readonly lifted: (id: ShapeId, stroke: NewShape) => void
  readonly ended: () => void
}

/** The part of a stroke that is under one id. Points are on the board, on the grid of `unit`. */
interface Part {
  readonly id: ShapeId
  readonly points: InkPoint[]
  /** The same, relative to the first, as they are shown and sent. */
  readonly fromFirst: InkPoint[]
  readonly writer: InkWriter
  /** How many points are in the document; 0: it has no entry there yet. */
  sent: number
  chunks: Y.Array<Uint8Array> | null
  /** Whether it only repeats the last point of the part before, to join it. */
  readonly joined: boolean
}

/**
 * A stroke that is being drawn here.
 *
 * ```
 * first point ──► live entry, at once
 * more        ──► shown at once; sent 50 ms after the last chunk, or 100 if they are few
 * end         ──► all of it a shape, and the live entry away, in one transaction
 * ```
 *
 * A stroke of 10,000 points ends and goes on as a new one, and so does one that others kept as a
 * shape because they took us for gone.
 */
export class PenStroke implements OpenStroke {
  readonly #kind: 'pen' | 'highlighter'
  readonly #look: Look
  readonly #unit: number
  readonly #parts: PenParts
  #part: Part
  #isOver = false
  #sentAt = Number.NEGATIVE_INFINITY
  #timer: Cancel | null = null

  constructor(kind: 'pen' | 'highlighter', look: Look, zoom: number, parts: PenParts) {
    this.#kind = kind
    this.#look = look
    this.#unit = unitFor(zoom)
    this.#parts = parts
    this.#part = this.#newPart([])
  }

  get id(): ShapeId {
    return this.#part.id
  }

  /** Whether it has an entry in the document. */
  get isBegun(): boolean {
    return this.#part.chunks !== null
  }

  add(points: readonly InkPoint[]): void {
    if (this.#isOver) return
    let grew = false
    for (const [x, y, pressure] of points) {
      const place: Point = [this.#grid(x), this.#grid(y)]
      const last = this.#part.points.at(-1)
      if (!Number.isFinite(place[0] + place[1])) continue
      if (last !== undefined && last[0] === place[0] && last[1] === place[1]) continue
      // Rounded as it will travel, so that we see what the others see.
      this.#push([...place, levelOf(pressure) / PRESSURES])
      grew = true
      if (this.#part.points.length >= LONGEST_STROKE) this.#goOn()
    }
    if (!grew) return
    this.#parts.shown(this.#shown())
    this.#sendWhenDue()
  }

  end(): ShapeId {
    if (this.#isOver) return this.id
    this.#stop()
    this.#lift(this.#part)
    return this.id
  }

  cancel(): void {
    if (this.#isOver) return
    this.#stop()
    this.#parts.cancelled(this.id)
  }

  /** The live entry was removed by somebody else: what they cannot have had goes on under a new id. */
  takenAway(): void {
    const { points, sent } = this.#part
    this.#newPart(points.slice(Math.max(0, sent - 1)))
  }

  #grid(value: number): number {
    return Math.round(Math.max(-FARTHEST, Math.min(FARTHEST, value)) / this.#unit) * this.#unit + 0
  }

  #newPart(points: readonly InkPoint[]): Part {
    const part: Part = {
      id: newId(this.#parts.random),
      points: [],
      fromFirst: [],
      writer: new InkWriter(this.#unit),
      sent: 0,
      chunks: null,
      joined: points.length > 0,
    }
    this.#part = part
    for (const point of points) this.#push(point)
    return part
  }

  #push(point: InkPoint): void {
    const { points, fromFirst } = this.#part
    const [x, y, pressure] = point
    const first = points[0] ?? point
    points.push(point)
    fromFirst.push([...minus([x, y], [first[0], first[1]]), pressure])
  }

  /** Ends the part and begins the next where it stood. */
  #goOn(): void {
    const part = this.#part
    // First the new one: what goes away under the id of the pen was taken away by others.
    this.#newPart(part.points.slice(-1))
    this.#lift(part)
  }

  #lift({ id, points, joined }: Part): void {
    // One point that is the end of the part before adds nothing.
    const packed = joined && points.length === 1 ? null : strokeOf(points, this.#unit)
    if (packed === null) this.#parts.cancelled(id)
    else this.#parts.lifted(id, { kind: this.#kind, look: this.#look, ...packed })
  }

  #shown(): LiveStroke {
    const { id, points, fromFirst } = this.#part
    const [x, y] = points[0] ?? [0, 0]
    return {
      id,
      by: this.#parts.by,
      kind: this.#kind,
      look: this.#look,
      at: [x, y],
      points: fromFirst.slice(),
    }
  }

  #sendWhenDue(): void {
    const waiting = this.#part.points.length - this.#part.sent
    if (waiting === 0) return
    const since = this.#parts.clock.monotonic() - this.#sentAt
    const due = waiting >= WORTH_SENDING ? PACE_MS : PATIENCE_MS
    if (since >= due) this.#send()
    else this.#wakeIn(due - since)
  }

  #wakeIn(ms: number): void {
    this.#timer?.()
    this.#timer = this.#parts.clock.after(ms, () => {
      this.#timer = null
      this.#sendWhenDue()
    })
  }

  #send(): void {
    this.#timer?.()
    this.#timer = null
    const part = this.#part
    const [first] = part.points
    if (first === undefined) return
    const chunk = part.writer.chunk(part.fromFirst.slice(part.sent))
    part.sent = part.points.length
    this.#sentAt = this.#parts.clock.monotonic()
    if (part.chunks !== null) {
      this.#parts.grown(part.chunks, chunk)
      return
    }
    part.chunks = new Y.Array<Uint8Array>()
    part.chunks.push([chunk])
    const { colour, size, fill } = this.#look
    this.#parts.begun(
      part.id,
      new Y.Map<unknown>([
        ['kind', this.#kind],
        ['look', [colour, size, fill]],
        ['by', this.#parts.by],
        ['at', [first[0], first[1]]],
        ['chunks', part.chunks],
      ]),
    )
  }

  #stop(): void {
    this.#isOver = true
    this.#timer?.()
    this.#timer = null
    this.#parts.ended()
  }
}
