/** Of the journal: rows, and bytes of their records. */
export interface Length {
  readonly rows: number
  readonly bytes: number
}

export interface JournalBounds {
  /** When it is worth filing: many entries of one entity are then written with one page. */
  readonly filed: Length
  /** From here on a commit waits for its share of the filing. */
  readonly paid: Length
  /** What it never exceeds. */
  readonly most: Length
}

const MB = 1024 * 1024

/**
 * A start reads the whole journal, 1.6 to 2.5 µs a row, and the first page of 4 KB of a long one: 75,000
 * rows are at most 190 ms of CPU, 64 MB in rows of 4 KB 50 ms. An empty start has 450.
 *
 * Nobody pays as long as filing keeps up: at 10,000 appends/s it ends 2,000 rows after it has begun.
 */
export const BOUNDS: JournalBounds = {
  filed: { rows: 40_000, bytes: 16 * MB },
  paid: { rows: 50_000, bytes: 40 * MB },
  most: { rows: 75_000, bytes: 64 * MB },
}

/** Whether one of the two is reached. */
export const reaches = (length: Length, bound: Length): boolean =>
  length.rows >= bound.rows || length.bytes >= bound.bytes

/** How much of the room that is left until a bound would be taken; more than 1 when there is too little. */
export function shareOfRoom(added: Length, length: Length, bound: Length): number {
  const [rows, bytes] = [bound.rows - length.rows, bound.bytes - length.bytes]
  return rows <= 0 || bytes <= 0 ? Infinity : Math.max(added.rows / rows, added.bytes / bytes)
}
