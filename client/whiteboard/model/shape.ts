import type { Point } from '../geometry/point.ts'

declare const shapeId: unique symbol
/** The name of a shape on its board: 1 to 32 of `A–Z a–z 0–9 _ -`. */
export type ShapeId = string & { readonly [shapeId]: true }

export const KINDS = [
  'pen',
  'highlighter',
  'rectangle',
  'ellipse',
  'line',
  'arrow',
  'text',
  'note',
] as const
export type Kind = (typeof KINDS)[number]

/** How a shape looks, as indexes: what a colour or a size is in pixels is for `scene/` to say. */
export interface Look {
  /** Into `COLOURS`. */
  readonly colour: number
  /** Into `SIZES`: the width of a line, the size of a letter. */
  readonly size: number
  /** Into `FILLS`; only boxes and ellipses have one. */
  readonly fill: number
}

/** `ink` is the ordinary one: what reads dark on a light board and light on a dark one. */
export const COLOURS = [
  'ink',
  'grey',
  'red',
  'orange',
  'yellow',
  'green',
  'blue',
  'violet',
] as const
export const SIZES = ['small', 'medium', 'large', 'huge'] as const
export const FILLS = ['none', 'tinted', 'solid'] as const

interface Common {
  readonly id: ShapeId
  /** The top left corner; of lines, the start. */
  readonly at: Point
  /**
   * Width and height. Of lines the way from start to end, which may be negative. Of a stroke what
   * its points are stretched to. Of a text the width to wrap at, 0 for none; its height says nothing.
   */
  readonly size: Point
  readonly look: Look
  /** Where it stands in the pile: compared as text, then by id. */
  readonly order: string
}

export interface Stroke extends Common {
  readonly kind: 'pen' | 'highlighter'
  /** Its points, packed: see `ink.ts`. */
  readonly ink: Uint8Array
}

export interface Frame extends Common {
  readonly kind: 'rectangle' | 'ellipse'
}

export interface Line extends Common {
  readonly kind: 'line' | 'arrow'
}

export interface Writing extends Common {
  readonly kind: 'text' | 'note'
  readonly text: string
}

/** A shape as it is now. Never changed: a change makes a new one, so caches may hang on to it. */
export type Shape = Stroke | Frame | Line | Writing

type Draft<S> = S extends Shape ? Omit<S, 'id' | 'order'> : never
/** A shape that is not on a board yet. */
export type NewShape = Draft<Shape>

/** What a gesture changes about a shape. */
export type Change = Partial<Pick<Common, 'at' | 'size' | 'look'>>
