import type { Box } from '../geometry/box.ts'
import type { ShapeChange } from '../model/board.ts'
import type { ShapeId } from '../model/shape.ts'
import type { Measure } from '../scene/measure.ts'
import type { SceneIndex } from '../scene/scene-index.ts'
import type { Brush } from './brush.ts'
import { CanvasEasel, makeSurface, type Surface } from './canvas-easel.ts'
import { type Sight, sameSight, seenFrom } from './sight.ts'
import { type Tile, TileCache } from './tile-cache.ts'
import { fromTheMiddle, TILE, type TileRange, tilesUnder, widened } from './tile-grid.ts'
import { TileLevel } from './tile-level.ts'
import { TilePainter } from './tile-painter.ts'

/** Surfaces kept at least, 1 MB each; and as a multiple of what the view needs. */
const LEAST_TILES = 64
const TILES_PER_SEEN = 3

export interface SceneParts {
  readonly canvas: HTMLCanvasElement
  readonly index: SceneIndex
  readonly measure: Measure
  readonly brush: Brush
}

/**
 * All shapes that lie still, with the paper below them. A frame copies tiles onto the canvas; they
 * are painted within a budget of time, those in view first, then those around it. Where tiles of the
 * present zoom are missing, those of another are shown, larger or smaller.
 */
export class SceneLayer {
  readonly #g: CanvasRenderingContext2D
  readonly #easel: CanvasEasel
  readonly #tiles = new TileCache<Surface>(makeSurface, LEAST_TILES)
  readonly #painter: TilePainter<Surface>
  readonly #level = new TileLevel()
  /** What the canvas shows all of; `null` when it has to be drawn anew. */
  #shown: Sight | null = null
  /** Tiles whose surface is newer than what the canvas shows. */
  readonly #fresh = new Set<Tile<Surface>>()

  constructor({ canvas, index, measure, brush }: SceneParts) {
    const g = canvas.getContext('2d', { alpha: false })
    if (g === null) throw new Error('this browser has no canvas')
    this.#g = g
    this.#easel = new CanvasEasel(brush)
    this.#painter = new TilePainter({
      tiles: this.#tiles,
      easel: this.#easel,
      index,
      measure,
      painted: (tile) => this.#fresh.add(tile),
    })
  }

  /** Another theme: everything is painted anew. */
  use(brush: Brush): void {
    this.#easel.brush = brush
    this.#forget()
  }

  /** The canvas was emptied, by a new size; perhaps the pixels have another size, too. */
  resized(ratio: number): void {
    if (ratio !== this.#easel.ratio) this.#forget()
    this.#easel.ratio = ratio
    this.#shown = null
  }

  /** Another layer shows these now. */
  leaveOut(ids: ReadonlySet<ShapeId>): void {
    this.#painter.leaveOut(ids)
  }

  /** What happened on the board; the index knows it already. */
  take(changes: readonly ShapeChange[]): void {
    this.#painter.take(changes, this.#level.scale)
  }

  /** The parts of the view that do not show yet what is on the board. */
  pending(sight: Sight): readonly Box[] {
    const { scale } = this.#level
    return this.#painter.pending(fromTheMiddle(tilesUnder(seenFrom(sight), scale)), scale)
  }

  /** Paints until `late`, and shows what there is. Returns whether there is more to paint. */
  draw(sight: Sight, at: number, late: () => boolean): boolean {
    const seen = seenFrom(sight)
    this.#level.see(sight.scale, at, () => {
      const { scale } = this.#level
      return this.#covers(tilesUnder(seen, scale), scale)
    })
    const { scale, unsettled } = this.#level
    const range = tilesUnder(seen, scale)
    const inView = fromTheMiddle(range)
    this.#tiles.most = Math.max(LEAST_TILES, inView.length * TILES_PER_SEEN)
    this.#tiles.begin(scale)
    // What is around comes into view next. Not while the zoom moves: then all of it goes.
    const around = unsettled ? [] : fromTheMiddle(widened(range, 1))
    const more = this.#painter.paint(inView, around, scale, late)
    this.#show(inView, sight)
    return more || unsettled
  }

  #forget(): void {
    this.#painter.stop()
    this.#fresh.clear()
    this.#tiles.clear()
    this.#shown = null
  }

  #covers(range: TileRange, scale: number): boolean {
    return fromTheMiddle(range).every(
      ([column, row]) => (this.#tiles.find(column, row, scale)?.surface ?? null) !== null,
    )
  }

  #show(inView: readonly [number, number][], sight: Sight): void {
    const { scale } = this.#level
    const same = this.#shown !== null && sameSight(this.#shown, sight)
    if (same && this.#fresh.size === 0) return
    const complete = this.#covers(tilesUnder(seenFrom(sight), scale), scale)
    if (!complete) this.#showOld(sight)
    for (const [column, row] of inView) {
      const tile = this.#tiles.find(column, row, scale)
      if (tile !== null && (!same || this.#fresh.has(tile))) this.#copy(tile, sight)
    }
    this.#fresh.clear()
    this.#shown = complete ? sight : null
  }

  /** What there is of other levels, below the tiles that are there already. */
  #showOld(sight: Sight): void {
    const g = this.#g
    g.fillStyle = this.#easel.brush.theme.paper
    g.fillRect(0, 0, sight.width, sight.height)
    const seen = seenFrom(sight)
    const levels: Tile<Surface>[][] = []
    for (const level of this.#tiles.oldLevels()) {
      const tiles = [...level].filter(({ surface }) => surface !== null)
      const [first] = tiles
      if (first === undefined) continue
      levels.unshift(tiles)
      if (this.#covers(tilesUnder(seen, first.scale), first.scale)) break
    }
    for (const tiles of levels) for (const tile of tiles) this.#copy(tile, sight)
    const unfinished = this.#painter.unfinished
    if (levels.length === 0 && unfinished !== null && unfinished.tile.surface === null) {
      this.#copy(unfinished.tile, sight, unfinished.surface)
    }
  }

  #copy(tile: Tile<Surface>, sight: Sight, surface = tile.surface): void {
    if (surface === null) return
    const edge = (TILE * sight.scale) / tile.scale
    // Each edge is rounded for itself: neighbours of another level meet without a gap.
    const x = Math.round(tile.column * edge - sight.left)
    const y = Math.round(tile.row * edge - sight.top)
    const width = Math.round((tile.column + 1) * edge - sight.left) - x
    const height = Math.round((tile.row + 1) * edge - sight.top) - y
    if (x >= sight.width || y >= sight.height || x + width <= 0 || y + height <= 0) return
    this.#g.drawImage(surface.canvas, x, y, width, height)
  }
}
