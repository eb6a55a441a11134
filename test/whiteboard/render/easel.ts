import type { Box } from '../../../client/whiteboard/geometry/box.ts'
import { contains } from '../../../client/whiteboard/geometry/box.ts'
import type { Shape } from '../../../client/whiteboard/model/shape.ts'
import type { Tile } from '../../../client/whiteboard/render/tile-cache.ts'
import { type Pixels, TILE } from '../../../client/whiteboard/render/tile-grid.ts'
import type { Easel } from '../../../client/whiteboard/render/tile-painter.ts'
import { boundsOf } from '../../../client/whiteboard/scene/bounds.ts'
import { measure } from '../scene/drawn.ts'

/** Every so many pixels there is a spot that remembers what was painted over it. */
const APART = 32
const SPOTS: readonly (readonly [x: number, y: number])[] = Array.from(
  { length: (TILE / APART) ** 2 },
  (_, i) => [(i % (TILE / APART)) * APART + 16.5, Math.floor(i / (TILE / APART)) * APART + 16.5],
)

/** For each spot the shapes painted over it, the last one topmost; `null` where nothing ever was. */
export type Spots = (Shape[] | null)[]

export const spotOnBoard = ({
  column,
  row,
  scale,
}: Pick<Tile<Spots>, 'column' | 'row' | 'scale'>) =>
  SPOTS.map(([x, y]) => [(column * TILE + x) / scale, (row * TILE + y) / scale] as const)

/** Surfaces without pixels: they know which shapes lie over which spot, and in which order. */
export class SpotEasel implements Easel<Spots> {
  /** How many shapes were painted, on whatever. */
  painted = 0
  /** How many surfaces there are. */
  made = 0

  readonly make = (): Spots => {
    this.made++
    return SPOTS.map(() => null)
  }

  begin(surface: Spots, tile: Tile<Spots>, pixels: Pixels) {
    SPOTS.forEach((spot, at) => {
      if (contains(pixels, spot)) surface[at] = []
    })
    return { ...this.#sheet(surface, tile, pixels), end() {} }
  }

  over(surface: Spots, tile: Tile<Spots>) {
    return this.#sheet(surface, tile, { x: 0, y: 0, width: TILE, height: TILE })
  }

  copy(from: Spots, to: Spots, pixels: Pixels): void {
    SPOTS.forEach((spot, at) => {
      if (contains(pixels, spot)) to[at] = from[at] ?? null
    })
  }

  #sheet(surface: Spots, tile: Tile<Spots>, clip: Box) {
    const onBoard = spotOnBoard(tile)
    return {
      paint: (shape: Shape): number => {
        this.painted++
        const bounds = boundsOf(shape, measure)
        SPOTS.forEach((spot, at) => {
          const point = onBoard[at]
          if (point && contains(clip, spot) && contains(bounds, point)) surface[at]?.push(shape)
        })
        return 1
      },
      flush() {},
    }
  }
}
