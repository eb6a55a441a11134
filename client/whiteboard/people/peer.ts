import type { Point } from '../geometry/point.ts'
import type { Stretch } from '../geometry/stretch.ts'
import type { ShapeId } from '../model/shape.ts'

/** Somebody else on the board, as their awareness state says. */
export interface Peer {
  /** Their Yjs client id. */
  readonly client: number
  readonly name: string
  /** One of the eight colours of people: 0 to 7. */
  readonly colour: number
  /** Where their pointer is on the board; `null` while it is elsewhere. */
  readonly cursor: Point | null
  readonly selection: ReadonlySet<ShapeId>
  /** How they are moving or resizing their selection just now. */
  readonly stretch: Stretch | null
  /** What they see: the centre of their view, and its size, on the board. */
  readonly view: PeerView | null
  /** When their state last changed, as the clock of this page has it, in ms. */
  readonly changedAt: number
}

export interface PeerView {
  readonly centre: Point
  readonly width: number
  readonly height: number
}
