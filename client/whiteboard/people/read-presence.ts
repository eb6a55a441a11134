import { personOf } from '../../person/person.ts'
import type { Box } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'
import type { Stretch } from '../geometry/stretch.ts'
import { FARTHEST } from '../model/limits.ts'
import { isShapeId } from '../model/new-id.ts'
import type { ShapeId } from '../model/shape.ts'
import type { Peer, PeerView } from './peer.ts'
import { MOST_SELECTED } from './presence.ts'

/** A stretch by more than this is a mistake or a prank: it would fill everybody's screen. */
const MOST_SCALE = 10_000

/** What an awareness state says, apart from the time. */
export interface Read extends Omit<Peer, 'client' | 'changedAt'> {
  readonly follows: number | null
  readonly isBot: boolean
}

/**
 * Reads an awareness state. Any client can write anything there: never throws, looks at a bounded
 * part of it, and takes what is missing or wrong for absent.
 */
export function readPresence(state: unknown, client: number): Read {
  const follows = fieldOf(state, 'fol')
  return {
    ...personOf(state, client),
    cursor: pointOf(fieldOf(state, 'at')),
    selection: selectionOf(fieldOf(state, 'sel')),
    stretch: stretchOf(fieldOf(state, 'st')),
    view: viewOf(fieldOf(state, 'view')),
    follows: Number.isSafeInteger(follows) ? (follows as number) : null,
    isBot: fieldOf(state, 'bot') === true,
  }
}

const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, field)
    ? Reflect.get(value, field)
    : undefined

/** Exactly `count` numbers that lie on a board. */
function numbersOf(value: unknown, count: number): number[] | null {
  if (!Array.isArray(value) || value.length !== count) return null
  // A copy first: `every` would pass over holes.
  const numbers: unknown[] = [...value]
  const isOnBoard = (one: unknown): one is number =>
    typeof one === 'number' && Math.abs(one) <= FARTHEST
  return numbers.every(isOnBoard) ? numbers : null
}

function pointOf(value: unknown): Point | null {
  const numbers = numbersOf(value, 2)
  return numbers === null ? null : (numbers as unknown as Point)
}

function selectionOf(value: unknown): ReadonlySet<ShapeId> {
  if (!Array.isArray(value) || value.length === 0) return NOTHING
  const ids = value.slice(0, MOST_SELECTED)
  return new Set(ids.filter((id): id is ShapeId => typeof id === 'string' && isShapeId(id)))
}

const NOTHING: ReadonlySet<ShapeId> = new Set()

function stretchOf(value: unknown): Stretch | null {
  const numbers = numbersOf(value, 8)
  if (numbers === null) return null
  const from = boxOf(numbers.slice(0, 4))
  const to = boxOf(numbers.slice(4))
  if (from === null || to === null) return null
  const isBounded = (a: number, b: number) => a === 0 || b / a <= MOST_SCALE
  return isBounded(from.width, to.width) && isBounded(from.height, to.height) ? { from, to } : null
}

function boxOf([x = 0, y = 0, width = 0, height = 0]: number[]): Box | null {
  return width < 0 || height < 0 ? null : { x, y, width, height }
}

function viewOf(value: unknown): PeerView | null {
  const [x = 0, y = 0, width = 0, height = 0] = numbersOf(value, 4) ?? []
  return width > 0 && height > 0 ? { centre: [x, y], width, height } : null
}
