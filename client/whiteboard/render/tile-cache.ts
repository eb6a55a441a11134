import { type Box, encloses, overlap } from '../geometry/box.ts'
import { boxOfTile, keyOf } from './tile-grid.ts'

/** A square of the scene. `Surface` is what it is painted on: a canvas, or in a test anything. */
export interface Tile<Surface> {
  readonly column: number
  readonly row: number
  /** Pixels per unit of the board. */
  readonly scale: number
  /** What it shows of the board. */
  readonly box: Box
  /** `null` until it was painted for the first time. */
  surface: Surface | null
  /** What has changed on the board since its painting began; it shows the old until repainted. */
  dirty: Box | null
  /** The frame that it was last needed in. */
  neededIn: number
}

/** Levels kept besides the present one, to show while that is painted. */
const OLD_LEVELS = 3

/**
 * The tiles that were painted, by level and place. At most `most` of them have a surface: beyond
 * that, those not needed for the longest time lose theirs to whoever needs one. Surfaces are never
 * given up: making one costs more than painting over it.
 */
export class TileCache<Surface> {
  /** How many tiles may have a surface: 1 MB each. */
  most: number
  readonly #make: () => Surface
  readonly #free: Surface[] = []
  /** By scale, the one used last at the end. */
  readonly #levels = new Map<number, Map<number, Tile<Surface>>>()
  #frame = 0

  constructor(make: () => Surface, most: number) {
    this.#make = make
    this.most = most
  }

  /** A frame begins that shows tiles of `scale`: what it needs is not taken away. */
  begin(scale: number): void {
    this.#frame++
    const level = this.#levels.get(scale) ?? new Map<number, Tile<Surface>>()
    this.#levels.delete(scale)
    this.#levels.set(scale, level)
    for (const [old, tiles] of this.#levels) {
      if (this.#levels.size <= OLD_LEVELS + 1) break
      this.#levels.delete(old)
      for (const tile of tiles.values()) this.#strip(tile)
    }
  }

  /** The levels besides the present one, the one used last first. */
  *oldLevels(): Iterable<Iterable<Tile<Surface>>> {
    for (const tiles of [...this.#levels.values()].slice(0, -1).reverse()) yield tiles.values()
  }

  /** All tiles that are there, painted or being painted. */
  *all(): Iterable<Tile<Surface>> {
    for (const tiles of this.#levels.values()) yield* tiles.values()
  }

  /** The tile of a place, which keeps its surface through this frame. */
  find(column: number, row: number, scale: number): Tile<Surface> | null {
    const tile = this.#levels.get(scale)?.get(keyOf(column, row)) ?? null
    if (tile !== null) tile.neededIn = this.#frame
    return tile
  }

  /** The tile of a place; made, without a surface, if it is not there. */
  need(column: number, row: number, scale: number): Tile<Surface> {
    const found = this.find(column, row, scale)
    if (found !== null) return found
    const level = this.#levels.get(scale) ?? new Map<number, Tile<Surface>>()
    this.#levels.set(scale, level)
    const tile: Tile<Surface> = {
      column,
      row,
      scale,
      box: boxOfTile(column, row, scale),
      surface: null,
      dirty: null,
      neededIn: this.#frame,
    }
    level.set(keyOf(column, row), tile)
    return tile
  }

  /** What lies in `box` has changed: the tiles under it have to be painted again there. */
  dirty(box: Box): void {
    for (const tile of this.all()) if (overlap(tile.box, box)) this.dirtyTile(tile, box)
  }

  dirtyTile(tile: Tile<Surface>, box: Box): void {
    tile.dirty = around(tile.dirty, box)
  }

  /** Forgets a tile. */
  drop(tile: Tile<Surface>): void {
    this.#strip(tile)
    this.#levels.get(tile.scale)?.delete(keyOf(tile.column, tile.row))
  }

  /** Something to paint on, that shows anything. */
  take(): Surface {
    return this.#free.pop() ?? this.#stripOldest() ?? this.#make()
  }

  /** Gives back what `take` gave. */
  giveBack(surface: Surface): void {
    this.#free.push(surface)
  }

  /** Forgets all tiles. */
  clear(): void {
    for (const tile of this.all()) this.#strip(tile)
    this.#levels.clear()
  }

  #strip(tile: Tile<Surface>): void {
    if (tile.surface !== null) this.#free.push(tile.surface)
    tile.surface = null
  }

  #stripOldest(): Surface | null {
    let count = 0
    let oldest: Tile<Surface> | null = null
    for (const tile of this.all()) {
      if (tile.surface === null) continue
      count++
      if (tile.neededIn < (oldest?.neededIn ?? this.#frame)) oldest = tile
    }
    if (count < this.most || oldest === null) return null
    this.drop(oldest)
    return this.#free.pop() ?? null
  }
}

/** Five thousand shapes that change at once ask this a million times: no arrays in here. */
function around(a: Box | null, b: Box): Box {
  if (a === null || encloses(b, a)) return b
  if (encloses(a, b)) return a
  const x = Math.min(a.x, b.x)
  const y = Math.min(a.y, b.y)
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  }
}
