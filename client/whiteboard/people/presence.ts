import type { Person } from '../../person/person.ts'
import type { Box } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'
import type { Stretch } from '../geometry/stretch.ts'
import type { ShapeId } from '../model/shape.ts'
import type { PeerView } from './peer.ts'

/** So many of a selection are told: enough to see what somebody is at, and 2 KB at the very most. */
export const MOST_SELECTED = 64

/**
 * The awareness state of this page. Sent 30 times a second while somebody moves, so names are short
 * and what is not there takes no byte: 190 bytes of JSON while a shape is dragged.
 */
export interface Presence {
  readonly user: Person
  /** Where the pointer is on the board. */
  readonly at?: Point
  /** The selection, at most `MOST_SELECTED` of it. */
  readonly sel?: readonly ShapeId[]
  /** How the selection is being moved or resized: x, y, width, height from, then to. */
  readonly st?: readonly number[]
  /** The centre of what is seen, its width and its height. */
  readonly view?: readonly number[]
  /** The client whose view this one follows. */
  readonly fol?: number
  /** Nobody: part of the show-off. */
  readonly bot?: true
}

/** What a person is doing, before it is put in few bytes. */
export interface Doing {
  readonly person: Person
  readonly cursor: Point | null
  readonly selection: readonly ShapeId[]
  readonly stretch: Stretch | null
  readonly view: PeerView | null
  readonly follows: number | null
  /** Says how fine numbers are kept: at 100 % a tenth of a pixel, and never coarser than that. */
  readonly zoom: number
}

export function writePresence(doing: Doing): Presence {
  const { person, cursor, selection, stretch, view, follows, zoom } = doing
  const unit = 10 ** (1 + Math.max(0, Math.ceil(Math.log10(zoom))))
  const short = (value: number) => Math.round(value * unit) / unit
  const box = ({ x, y, width, height }: Box) => [x, y, width, height].map(short)
  return {
    user: { name: person.name, colour: person.colour },
    ...(cursor !== null && { at: [short(cursor[0]), short(cursor[1])] as const }),
    ...(selection.length > 0 && { sel: selection.slice(0, MOST_SELECTED) }),
    ...(stretch !== null && { st: [...box(stretch.from), ...box(stretch.to)] }),
    ...(view !== null && { view: [...view.centre, view.width, view.height].map(short) }),
    ...(follows !== null && { fol: follows }),
  }
}
