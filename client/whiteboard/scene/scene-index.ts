import type { Box } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'
import type { Shape, ShapeId } from '../model/shape.ts'

/** Finds shapes by where they are. Follows the board by itself. */
export interface SceneIndex {
  /** What touches `box` with anything that is painted, from the bottom of the pile to its top. */
  search(box: Box): Shape[]
  /** What is painted within `reach` of `point`, topmost first. */
  at(point: Point, reach: number): Shape[]
  /** What lies wholly in `box`, from bottom to top. */
  within(box: Box): Shape[]
  /** Everything that the shape paints, the width of its lines included; `null` for none such. */
  bounds(id: ShapeId): Box | null
  /** Around all of the shapes; `null` for an empty board. */
  extent(): Box | null
  /** All shapes from bottom to top. */
  pile(): readonly Shape[]
  close(): void
}
