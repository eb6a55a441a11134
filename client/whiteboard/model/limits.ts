/**
 * What is read from a board is bounded, because anybody with its link may write anything into it.
 * What lies beyond is cut or not seen.
 */

/** Coordinates and sizes, in units of the board: sums of a few such still are exact. */
export const FARTHEST = 1e7
/** UTF-16 units of a text or a note. */
export const MOST_TEXT = 10_000
/** Points of one packed stroke, or of one that is being drawn. */
export const MOST_POINTS = 20_000
/** Points after which our own pen ends a stroke and goes on with a new one. */
export const LONGEST_STROKE = 10_000
/** Strokes that are shown while they are drawn. */
export const MOST_LIVE_STROKES = 256
/** Characters of an order key that is understood. */
export const LONGEST_ORDER = 128
/** Steps of undo: the oldest is forgotten. */
export const MOST_UNDO_STEPS = 500
