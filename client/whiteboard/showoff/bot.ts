import type * as Y from 'yjs'
import type { Box } from '../geometry/box.ts'
import { type Point, plus } from '../geometry/point.ts'
import type { OpenStroke } from '../model/board.ts'
import { type OpenBoard, openBoard } from '../model/open-board.ts'
import type { ShapeId } from '../model/shape.ts'
import { type Figure, randomFigure } from './figure.ts'

/** A bot that has drawn so many shapes only moves them about: a board is not filled without end. */
const MOST_SHAPES = 40
/** Points of a stroke per second, as a mouse gives them. */
const POINTS_PER_SECOND = 60
const RADIUS = 70

/** What a bot is at. Each part takes `ms`. */
type Doing =
  | { readonly is: 'going'; readonly from: Point; readonly to: Point; readonly ms: number }
  | {
      readonly is: 'drawing'
      readonly stroke: OpenStroke
      readonly figure: Figure
      readonly centre: Point
      readonly ms: number
      drawn: number
    }
  | {
      readonly is: 'moving'
      readonly id: ShapeId
      readonly box: Box
      readonly by: Point
      readonly ms: number
    }

/** How a bot is heard: `RawSession`. */
export interface BotSession {
  readonly isOpen: boolean
  update(update: Uint8Array): void
  presence(state: object): void
  close(): void
}

export interface BotParts {
  readonly doc: Y.Doc
  readonly session: BotSession
  readonly name: string
  /** One of the eight colours of people. */
  readonly colour: number
  /** Around where it draws. */
  readonly home: Point
  readonly random: () => number
  /** Told each time when a chunk of a stroke has been sent. */
  readonly sent: (id: string, points: number) => void
}

/**
 * Somebody who draws, all the time. It is a session of its own with a document of its own, which
 * holds what it drew itself and nothing else, and it draws with the same pen as everybody.
 *
 * ```
 * going ──there──► drawing ──lifted──► going
 *   └─────there, now and then──► moving ──dropped──► going
 * ```
 */
export class Bot {
  readonly #parts: BotParts
  readonly #board: OpenBoard
  readonly #own: { readonly id: ShapeId; box: Box }[] = []
  #place: Point
  #doing: Doing
  #since = 0

  constructor(parts: BotParts) {
    this.#parts = parts
    this.#place = parts.home
    this.#board = openBoard(parts.doc)
    parts.doc.on('update', this.#changed)
    this.#doing = this.#wander()
  }

  /** Does what is due at `now`, in ms. Called 30 times a second or so. */
  step(now: number): void {
    // The first steps only say who is here: drawing waits until somebody can see it.
    if (this.#since === 0 || !this.#parts.session.isOpen) this.#since = now
    const part = Math.min(1, (now - this.#since) / this.#doing.ms)
    const doing = this.#doing
    if (doing.is === 'going') {
      const eased = part * part * (3 - 2 * part)
      const [fromX, fromY] = doing.from
      this.#place = [fromX + (doing.to[0] - fromX) * eased, fromY + (doing.to[1] - fromY) * eased]
      this.#tell({ at: rounded(this.#place) })
    } else if (doing.is === 'drawing') {
      this.#draw(doing, part)
    } else {
      const moved: Point = [doing.by[0] * part, doing.by[1] * part]
      this.#place = plus([doing.box.x, doing.box.y], moved)
      const { x, y, width, height } = doing.box
      const st = [x, y, width, height, x + moved[0], y + moved[1], width, height].map(Math.round)
      this.#tell({ at: rounded(this.#place), sel: [doing.id], st })
    }
    if (part === 1) this.#next(now)
  }

  /** Lifts the pen and leaves. What it drew stays. */
  close(): void {
    if (this.#doing.is === 'drawing') this.#doing.stroke.end()
    this.#board.close()
    this.#parts.doc.destroy()
    this.#parts.session.close()
  }

  #next(now: number): void {
    const doing = this.#doing
    this.#since = now
    if (doing.is === 'going') {
      const { random } = this.#parts
      const isFull = this.#own.length >= MOST_SHAPES
      this.#doing =
        (isFull || random() < 0.2 ? this.#moveOne() : null) ??
        (isFull ? this.#wander() : this.#begin())
      return
    }
    if (doing.is === 'drawing') {
      const id = doing.stroke.end()
      const [x, y] = doing.centre
      const box = { x: x - RADIUS, y: y - RADIUS, width: 2 * RADIUS, height: 2 * RADIUS }
      this.#own.push({ id, box })
    } else {
      const { box, by } = doing
      const to = { ...box, x: box.x + by[0], y: box.y + by[1] }
      this.#board.stretch([doing.id], { from: box, to })
      const own = this.#own.find(({ id }) => id === doing.id)
      if (own !== undefined) own.box = to
    }
    this.#doing = this.#wander()
  }

  #wander(): Doing {
    const { home, random } = this.#parts
    const angle = random() * 2 * Math.PI
    const far = 240 * Math.sqrt(random())
    const to = plus(home, [far * Math.cos(angle), far * Math.sin(angle)])
    return { is: 'going', from: this.#place, to, ms: 500 + random() * 700 }
  }

  #begin(): Doing {
    const { random, colour } = this.#parts
    const look = { colour: 1 + (colour % 7), size: Math.floor(random() * 3), fill: 0 }
    return {
      is: 'drawing',
      stroke: this.#board.live.begin('pen', look, 1),
      figure: randomFigure(random, RADIUS * (0.5 + random() / 2)),
      centre: this.#place,
      ms: 1_500 + random() * 1_500,
      drawn: 0,
    }
  }

  #draw(doing: Extract<Doing, { is: 'drawing' }>, part: number): void {
    const all = Math.ceil((doing.ms / 1_000) * POINTS_PER_SECOND)
    const due = Math.ceil(part * all)
    const points = []
    for (; doing.drawn <= due; doing.drawn += 1) {
      this.#place = plus(doing.centre, doing.figure(doing.drawn / all))
      points.push([...this.#place, 0.5] as const)
    }
    doing.stroke.add(points)
  }

  #moveOne(): Doing | null {
    const { random } = this.#parts
    const own = this.#own[Math.floor(random() * this.#own.length)]
    if (own === undefined) return null
    const by: Point = [(random() - 0.5) * 200, (random() - 0.5) * 200]
    return { is: 'moving', id: own.id, box: own.box, by, ms: 600 + random() * 800 }
  }

  #tell(where: object): void {
    const { name, colour, session } = this.#parts
    session.presence({ user: { name, colour }, ...where, bot: true })
  }

  readonly #changed = (update: Uint8Array): void => {
    this.#parts.session.update(update)
    for (const { id, points } of this.#board.live.strokes()) this.#parts.sent(id, points.length)
  }
}

const rounded = ([x, y]: Point): Point => [Math.round(x * 10) / 10, Math.round(y * 10) / 10]
