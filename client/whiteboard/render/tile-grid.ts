import type { Box } from '../geometry/box.ts'

/**
 * The edge of a tile in pixels of the screen. Measured without a GPU, a moving view of 1280 × 800
 * costs this thread per frame: 2.0 ms copied from tiles onto one canvas, 2.5 ms as one larger canvas
 * moved by CSS, 3.2 ms as tiles that are elements, 4.6 ms scrolled within itself. A tile is small
 * enough that little is painted in vain at the edge of the view, and large enough that few shapes lie
 * in two of them.
 */
export const TILE = 512

/** Columns and rows of tiles, both ends included. */
export interface TileRange {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** The tiles that touch `box` where a unit of the board is `scale` pixels. */
export function tilesUnder({ x, y, width, height }: Box, scale: number): TileRange {
  const left = Math.floor((x * scale) / TILE)
  const top = Math.floor((y * scale) / TILE)
  return {
    left,
    top,
    // A box that ends where a tile begins does not touch it.
    right: Math.max(left, Math.ceil(((x + width) * scale) / TILE) - 1),
    bottom: Math.max(top, Math.ceil(((y + height) * scale) / TILE) - 1),
  }
}

/** What a tile shows of the board. */
export function boxOfTile(column: number, row: number, scale: number): Box {
  const edge = TILE / scale
  return { x: column * edge, y: row * edge, width: edge, height: edge }
}

/** Columns and rows repeat after so many: at 3,000 % and two pixels per pixel that is 500 million units. */
const AROUND = 2 ** 26

/** One number for a tile of a level. */
export function keyOf(column: number, row: number): number {
  return mod(column) * AROUND + mod(row)
}

const mod = (n: number): number => ((n % AROUND) + AROUND) % AROUND

/** A range with `by` more tiles on each side. */
export function widened({ left, top, right, bottom }: TileRange, by: number): TileRange {
  return { left: left - by, top: top - by, right: right + by, bottom: bottom + by }
}

/** More columns or rows than any screen shows. */
const MOST = 64

/** How many columns and rows a range has; bounded, for where numbers have no fractions left. */
const extentOf = ({ left, top, right, bottom }: TileRange): [columns: number, rows: number] => [
  Math.min(MOST, right - left + 1),
  Math.min(MOST, bottom - top + 1),
]

/** Columns and rows of a range, those nearest to its middle first: that is where people look. */
export function fromTheMiddle(range: TileRange): [column: number, row: number][] {
  const [columns, rows] = extentOf(range)
  const [x, y] = [range.left + (columns - 1) / 2, range.top + (rows - 1) / 2]
  const places: [number, number][] = []
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) places.push([range.left + i, range.top + j])
  }
  const far = ([column, row]: [number, number]) => Math.hypot(column - x, row - y)
  return places.sort((a, b) => far(a) - far(b))
}

/** A rectangle of whole pixels in a tile. */
export interface Pixels {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * The pixels of a tile that `box` touches, with one more around them for the soft edges of lines;
 * `null` when it touches none.
 */
export function pixelsUnder(box: Box, column: number, row: number, scale: number): Pixels | null {
  const [left, top] = [column * TILE, row * TILE]
  const x = Math.max(0, Math.floor(box.x * scale - left) - 1)
  const y = Math.max(0, Math.floor(box.y * scale - top) - 1)
  const width = Math.min(TILE, Math.ceil((box.x + box.width) * scale - left) + 1) - x
  const height = Math.min(TILE, Math.ceil((box.y + box.height) * scale - top) + 1) - y
  return width > 0 && height > 0 ? { x, y, width, height } : null
}
