import type { Point } from '../geometry/point.ts'
import type { Stretch } from '../geometry/stretch.ts'
import type { InkPoint } from './ink-point.ts'
import type { Change, Look, NewShape, Shape, ShapeId } from './shape.ts'

/** What became of one shape: `null` where there was none, or is none any more. */
export interface ShapeChange {
  readonly id: ShapeId
  readonly before: Shape | null
  readonly after: Shape | null
}

/** Where in the pile shapes go. */
export type Place = 'front' | 'forward' | 'backward' | 'back'

/**
 * The shapes of a board, read from and written to its Yjs document. What is in the document but is
 * no shape that we understand is left alone and not seen here.
 *
 * Every command is one transaction and one step of undo. A command about shapes that are gone does
 * what it can for the others.
 */
export interface Board {
  readonly count: number
  get(id: ShapeId): Shape | null
  /** All of them, in no order. */
  shapes(): Iterable<Shape>
  /** Calls `tell` after every transaction that changed a shape, own or foreign. Returns the way out. */
  observe(tell: (changes: readonly ShapeChange[]) => void): () => void

  /** Puts shapes on top, the last one topmost. */
  add(shapes: readonly NewShape[]): ShapeId[]
  change(changes: ReadonlyMap<ShapeId, Change>): void
  /** Moves and resizes: `at` and `size` of each as the stretch has it. */
  stretch(ids: Iterable<ShapeId>, stretch: Stretch): void
  remove(ids: Iterable<ShapeId>): void
  /** Copies, each directly above the topmost of the originals. Returns the copies' ids. */
  duplicate(ids: Iterable<ShapeId>, by: Point): ShapeId[]
  reorder(ids: Iterable<ShapeId>, place: Place): void

  readonly history: History
}

/** Undo and redo of what this person did, and nothing else. */
export interface History {
  readonly canUndo: boolean
  readonly canRedo: boolean
  undo(): void
  redo(): void
  /** What follows is a step of its own, although it follows soon. */
  cut(): void
  /** Calls `tell` when `canUndo` or `canRedo` may have changed. Returns the way out. */
  observe(tell: () => void): () => void
}

/** A stroke that is being drawn, by whomever. Never changed: each chunk makes a new one. */
export interface LiveStroke {
  /** The id that the shape will have. */
  readonly id: ShapeId
  /** The Yjs client id of who draws it. */
  readonly by: number
  readonly kind: 'pen' | 'highlighter'
  readonly look: Look
  /** What the points are relative to: the first one. */
  readonly at: Point
  readonly points: readonly InkPoint[]
}

/** What a pen in somebody's hand writes to. */
export interface OpenStroke {
  readonly id: ShapeId
  /** Points on the board, with pressure. They leave in chunks, at most 20 times a second. */
  add(points: readonly InkPoint[]): void
  /** Pen up: all of it becomes a shape in one step of undo. */
  end(): ShapeId
  /** Away with it, as if never begun. */
  cancel(): void
}

/** The strokes that are being drawn. */
export interface LiveStrokes {
  strokes(): Iterable<LiveStroke>
  observe(tell: (changes: readonly LiveStrokeChange[]) => void): () => void
  /** `zoom` says how fine the points are kept: at 400 % finer than at 100 %. */
  begin(kind: 'pen' | 'highlighter', look: Look, zoom: number): OpenStroke
  /** Makes shapes of strokes whose author is not among `present`, so that nothing drawn is lost. */
  adopt(present: ReadonlySet<number>): void
  /** Ends own open strokes and its timer. */
  close(): void
}

export interface LiveStrokeChange {
  readonly id: ShapeId
  readonly before: LiveStroke | null
  readonly after: LiveStroke | null
}
