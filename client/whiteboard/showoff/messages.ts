import type { Point } from '../geometry/point.ts'

/** What the page asks of its worker. */
export type ToWorker =
  | {
      readonly ask: 'bots'
      readonly address: string
      readonly count: number
      readonly around: Point
    }
  | { readonly ask: 'no-bots' }
  | {
      readonly ask: 'shapes'
      readonly address: string
      readonly count: number
      readonly around: Point
    }

/** What the worker tells. */
export type FromWorker =
  /** Chunks that left: the stroke, how many points it had then, and when, in ms since 1970. */
  | { readonly tell: 'sent'; readonly chunks: readonly (readonly [string, number, number])[] }
  /** So many of the shapes that were asked for are on their way; all of them at the end. */
  | { readonly tell: 'shapes'; readonly done: number; readonly of: number }
