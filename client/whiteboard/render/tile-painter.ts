import { type Box, grown, overlap } from '../geometry/box.ts'
import type { ShapeChange } from '../model/board.ts'
import type { Shape, ShapeId } from '../model/shape.ts'
import { boundsOf } from '../scene/bounds.ts'
import type { Measure } from '../scene/measure.ts'
import type { SceneIndex } from '../scene/scene-index.ts'
import { common } from './common.ts'
import type { Tile, TileCache } from './tile-cache.ts'
import { boxOfTile, type Pixels, pixelsUnder, TILE } from './tile-grid.ts'
import { type Sheet, TileJob } from './tile-job.ts'

/** Puts paint on surfaces. The real one is `canvas-easel.ts`. */
export interface Easel<Surface> {
  /** Bare paper where `pixels` are. What is painted next stays in there, until `end`. */
  begin(surface: Surface, tile: Tile<Surface>, pixels: Pixels): Sheet & { end(): void }
  /** For painting over what is there. */
  over(surface: Surface, tile: Tile<Surface>): Sheet
  copy(from: Surface, to: Surface, pixels: Pixels): void
}

export interface PainterParts<Surface> {
  readonly tiles: TileCache<Surface>
  readonly easel: Easel<Surface>
  readonly index: Pick<SceneIndex, 'search' | 'bounds'>
  readonly measure: Measure
  /** The surface of this tile shows something new. */
  readonly painted: (tile: Tile<Surface>) => void
}

/** More changes than these at once are not looked at one by one. */
const MANY = 64

const WHOLE: Pixels = { x: 0, y: 0, width: TILE, height: TILE }

interface Work<Surface> {
  readonly job: TileJob<Surface>
  readonly sheet: ReturnType<Easel<Surface>['begin']>
  readonly surface: Surface
}

/**
 * Keeps tiles as the board is. One tile is painted at a time, on a surface of its own, and shown when
 * it is finished: until then it shows what it did before. Of a tile that only changed here or there
 * that part is painted.
 *
 * A shape that comes to lie on top of all others at its place is painted onto the finished tiles at
 * once: so the stroke of a pen costs one stroke, however many lie below it.
 */
export class TilePainter<Surface> {
  readonly #parts: PainterParts<Surface>
  #leftOut: ReadonlySet<ShapeId> = new Set()
  #work: Work<Surface> | null = null

  constructor(parts: PainterParts<Surface>) {
    this.#parts = parts
  }

  /** The tile that is being painted and what there is of it. */
  get unfinished(): { readonly tile: Tile<Surface>; readonly surface: Surface } | null {
    return this.#work && { tile: this.#work.job.tile, surface: this.#work.surface }
  }

  /** These shapes are not painted any more, all others are. */
  leaveOut(ids: ReadonlySet<ShapeId>): void {
    const { tiles, index } = this.#parts
    const before = this.#leftOut
    if (ids === before) return
    this.#leftOut = ids
    const dirty = (id: ShapeId) => {
      const box = index.bounds(id)
      if (box !== null) tiles.dirty(box)
    }
    for (const id of before) if (!ids.has(id)) dirty(id)
    for (const id of ids) if (!before.has(id)) dirty(id)
  }

  /** What happened on the board since the last call; the index knows it already. */
  take(changes: readonly ShapeChange[], scale: number): void {
    const { tiles, measure } = this.#parts
    for (const { before, after } of changes) {
      if (before === null && after !== null && changes.length <= MANY) {
        if (this.#leftOut.has(after.id) || this.#paintOver(after, scale)) continue
      }
      if (before !== null) tiles.dirty(boundsOf(before, measure))
      if (after !== null) tiles.dirty(boundsOf(after, measure))
    }
  }

  /** The parts of these tiles that do not show yet what is on the board. */
  pending(places: readonly Place[], scale: number): Box[] {
    const boxes: Box[] = []
    for (const [column, row] of places) {
      const tile = this.#parts.tiles.find(column, row, scale)
      if (tile === null || tile.surface === null) boxes.push(boxOfTile(column, row, scale))
      else {
        if (tile.dirty !== null) boxes.push(common(tile.box, tile.dirty))
        const job = this.#work?.job
        if (job?.tile === tile) boxes.push(boxOfPixels(job.pixels, tile))
      }
    }
    return boxes
  }

  /**
   * Paints tiles of `scale` until `late` says so: those in view, then those around it, of each the
   * first ones first. Returns whether there may be more to paint.
   */
  paint(inView: Place[], around: Place[], scale: number, late: () => boolean): boolean {
    this.#reconsider(inView, around, scale)
    for (;;) {
      this.#work ??= this.#next(inView, scale) ?? this.#next(around, scale)
      if (this.#work === null) return false
      if (this.#work.job.run(this.#work.sheet, late)) this.#finish(this.#work)
      if (late()) return true
    }
  }

  /** Drops what is being painted. */
  stop(): void {
    if (this.#work === null) return
    const { job, sheet, surface } = this.#work
    this.#work = null
    sheet.end()
    this.#parts.tiles.giveBack(surface)
    // Nothing of it came to be seen.
    if (job.tile.surface === null) this.#parts.tiles.drop(job.tile)
    else job.tile.dirty = job.tile.box
  }

  #paintOver(shape: Shape, scale: number): boolean {
    const { tiles, easel, index, measure, painted } = this.#parts
    const bounds = boundsOf(shape, measure)
    if (index.search(bounds).at(-1)?.id !== shape.id) return false
    for (const tile of tiles.all()) {
      if (!overlap(tile.box, bounds)) continue
      if (this.#work?.job.tile === tile) this.#work.job.add(shape)
      if (tile.surface === null) continue
      if (tile.scale === scale) {
        easel.over(tile.surface, tile).paint(shape)
        painted(tile)
      } else {
        tiles.dirtyTile(tile, bounds)
      }
    }
    return true
  }

  /** What was begun is not finished when nobody will see it, or waits for something else. */
  #reconsider(inView: Place[], around: Place[], scale: number): void {
    const tile = this.#work?.job.tile
    if (tile === undefined) return
    const isIt = ([column, row]: Place) => column === tile.column && row === tile.row
    if (tile.scale === scale) {
      if (inView.some(isIt)) return
      if (around.some(isIt) && inView.every((place) => this.#wants(place, scale) === null)) return
    }
    this.stop()
  }

  /** The part of a tile that has to be painted; `null` for none. */
  #wants([column, row]: Place, scale: number): Pixels | null {
    const tile = this.#parts.tiles.find(column, row, scale)
    if (tile === null || tile.surface === null) return WHOLE
    if (tile.dirty === null) return null
    const pixels = pixelsUnder(tile.dirty, column, row, scale)
    if (pixels === null) tile.dirty = null
    return pixels
  }

  #next(places: Place[], scale: number): Work<Surface> | null {
    for (const place of places) {
      const pixels = this.#wants(place, scale)
      if (pixels !== null) return this.#begin(this.#parts.tiles.need(...place, scale), pixels)
    }
    return null
  }

  #begin(tile: Tile<Surface>, pixels: Pixels): Work<Surface> {
    const { tiles, easel, index } = this.#parts
    tile.dirty = null
    const surface = tiles.take()
    // The soft edge of a line reaches half a pixel beyond its bounds.
    const shapes = index.search(grown(boxOfPixels(pixels, tile), 1 / tile.scale))
    const job = new TileJob(
      tile,
      pixels,
      shapes.filter(({ id }) => !this.#leftOut.has(id)),
    )
    return { job, surface, sheet: easel.begin(surface, tile, pixels) }
  }

  #finish({ job, sheet, surface }: Work<Surface>): void {
    const { tiles, easel, painted } = this.#parts
    const { tile, pixels } = job
    this.#work = null
    sheet.end()
    if (tile.surface === null) {
      tile.surface = surface
    } else if (pixels.width === TILE && pixels.height === TILE) {
      tiles.giveBack(tile.surface)
      tile.surface = surface
    } else {
      easel.copy(surface, tile.surface, pixels)
      tiles.giveBack(surface)
    }
    painted(tile)
  }
}

type Place = readonly [column: number, row: number]

function boxOfPixels(
  { x, y, width, height }: Pixels,
  { column, row, scale }: Pick<Tile<unknown>, 'column' | 'row' | 'scale'>,
): Box {
  return {
    x: (column * TILE + x) / scale,
    y: (row * TILE + y) / scale,
    width: width / scale,
    height: height / scale,
  }
}
