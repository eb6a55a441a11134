import { type ReadonlySignal, signal } from '@preact/signals-core'
import type { Cancel } from '../../../src/core/clock.ts'
import { type Point, plus } from '../geometry/point.ts'
import type { LiveStroke, LiveStrokeChange, LiveStrokes } from '../model/board.ts'
import type { Pace } from './pace.ts'
import type { Peer } from './peer.ts'
import type { MemberChange, Roster } from './roster.ts'
import { type MakeSmoother, plain, type Smoother } from './smoother.ts'

/** With more people than this smoothing costs more than it shows. */
const MOST_SMOOTHED = 40
/** A cursor stays where its stroke ended until it says where it is, for so long at most, in ms. */
const REST_MS = 500

/** The hand of one peer. */
interface Hand {
  cursor: Point | null
  shown: Point | null
  smoother: Smoother | null
  /** Set while the hand rests where a stroke has ended. */
  resting: Cancel | null
}

export interface CursorsParts {
  /** The Yjs client id of this page, whose strokes are no news here. */
  readonly own: number
  readonly roster: Roster
  readonly live: LiveStrokes
  readonly pace: Pace
  readonly smooth: MakeSmoother
  /** Whether this person wants no motion. */
  readonly isStill: ReadonlySignal<boolean>
}

/**
 * Where to show the cursors of the others. One who draws does not tell where the pointer is: the tip
 * of the stroke says it. When the stroke has ended its tip remains the place until the next one is
 * told, for the place from before the stroke is no news.
 */
export class Cursors {
  readonly #moved = signal(0)
  readonly #parts: CursorsParts
  readonly #hands = new Map<number, Hand>()
  /** The stroke that a client is drawing: the newest, of several. */
  readonly #strokes = new Map<number, LiveStroke>()
  readonly #drewAt = new Map<number, number>()
  readonly #stop: () => void

  constructor(parts: CursorsParts) {
    this.#parts = parts
    const { roster, live } = parts
    for (const stroke of live.strokes()) this.#strokes.set(stroke.by, stroke)
    for (const peer of roster.peers.peek()) this.#place(peer)
    const stops = [roster.observe(this.#peersChanged), live.observe(this.#strokesChanged)]
    this.#stop = () => {
      for (const stop of stops) stop()
    }
  }

  /** Changes whenever a cursor is shown elsewhere. */
  get moved(): ReadonlySignal<number> {
    return this.#moved
  }

  cursorOf(client: number): Point | null {
    const stroke = this.#strokes.get(client)
    return stroke === undefined ? (this.#hands.get(client)?.shown ?? null) : tipOf(stroke)
  }

  isDrawing(client: number): boolean {
    return this.#strokes.has(client)
  }

  /** When they last drew something; before all times for never. */
  drewAt(client: number): number {
    return this.#drewAt.get(client) ?? Number.NEGATIVE_INFINITY
  }

  /** Have the overlay drawn again for another reason: somebody fades. */
  stir(): void {
    this.#moved.value += 1
  }

  close(): void {
    this.#stop()
    for (const client of [...this.#hands.keys()]) this.#forget(client)
  }

  readonly #peersChanged = (changes: readonly MemberChange[]): void => {
    for (const { client, after } of changes) {
      if (after === null) this.#forget(client)
      else this.#place(after.peer)
    }
  }

  #place({ client, cursor }: Peer): void {
    const hand = this.#hands.get(client) ?? {
      cursor: null,
      shown: null,
      smoother: null,
      resting: null,
    }
    this.#hands.set(client, hand)
    if (isSame(hand.cursor, cursor)) return
    hand.cursor = cursor
    hand.resting?.()
    hand.resting = null
    this.#show(hand)
  }

  #show(hand: Hand): void {
    if (hand.cursor === null) {
      // It will come back somewhere else: no way leads there.
      hand.smoother?.close()
      hand.smoother = null
      hand.shown = null
      this.stir()
      return
    }
    hand.smoother ??= this.#makeSmoother(hand)
    hand.smoother.add(hand.cursor)
  }

  #makeSmoother(hand: Hand): Smoother {
    const { smooth, isStill } = this.#parts
    const isPlain = isStill.peek() || this.#hands.size > MOST_SMOOTHED
    const smoother = (isPlain ? plain : smooth)((point) => {
      hand.shown = point
      this.stir()
    })
    // From where it is shown now, which may be the end of a stroke.
    if (hand.shown !== null) smoother.add(hand.shown)
    return smoother
  }

  readonly #strokesChanged = (changes: readonly LiveStrokeChange[]): void => {
    let isNews = false
    for (const { id, before, after } of changes) {
      if ((after ?? before)?.by === this.#parts.own) continue
      isNews = true
      if (after !== null) {
        this.#strokes.set(after.by, after)
        this.#drewAt.set(after.by, this.#parts.pace.monotonic())
      } else if (before !== null && this.#strokes.get(before.by)?.id === id) {
        this.#strokes.delete(before.by)
        this.#rest(before)
      }
    }
    if (isNews) this.stir()
  }

  #rest(stroke: LiveStroke): void {
    const hand = this.#hands.get(stroke.by)
    if (hand === undefined) return
    hand.smoother?.close()
    hand.smoother = null
    hand.shown = tipOf(stroke)
    hand.resting?.()
    hand.resting = this.#parts.pace.after(REST_MS, () => {
      hand.resting = null
      this.#show(hand)
    })
  }

  #forget(client: number): void {
    const hand = this.#hands.get(client)
    hand?.smoother?.close()
    hand?.resting?.()
    this.#hands.delete(client)
    this.#drewAt.delete(client)
    this.stir()
  }
}

function tipOf({ at, points }: LiveStroke): Point {
  const last = points.at(-1)
  return last === undefined ? at : plus(at, [last[0], last[1]])
}

const isSame = (a: Point | null, b: Point | null): boolean =>
  a === b || (a !== null && b !== null && a[0] === b[0] && a[1] === b[1])
