import { type Box, boxAround, boxBetween, grown } from '../geometry/box.ts'
import { plus } from '../geometry/point.ts'
import type { Shape } from '../model/shape.ts'
import { arrowHead } from './arrow-head.ts'
import type { Measure } from './measure.ts'
import { reachOfPen } from './nib.ts'
import { lineWidth } from './sizes.ts'
import { layoutOf } from './words.ts'

/** What path data is rounded by, and a little more. */
const ROUNDED = 0.03

/**
 * Around everything that a shape paints, in units of the board. Of strokes it is known without their
 * points, so that a board of 5,000 is indexed before the first outline is made: a smoothed line lies
 * within the points that it smooths.
 */
export function boundsOf(shape: Shape, measure: Measure): Box {
  const frame = frameOf(shape, measure)
  switch (shape.kind) {
    case 'pen':
      return grown(frame, reachOfPen(lineWidth('pen', shape.look)) + ROUNDED)
    case 'highlighter':
    case 'rectangle':
    case 'ellipse':
    case 'line':
      return grown(frame, lineWidth(shape.kind, shape.look) / 2 + ROUNDED)
    case 'arrow': {
      const width = lineWidth('arrow', shape.look)
      const [a, b] = arrowHead(shape.size, width)
      const head = boxBetween(plus(shape.at, a), plus(shape.at, b))
      return grown(boxAround([frame, head]) ?? frame, width / 2 + ROUNDED)
    }
    case 'note':
      return grown(frame, ROUNDED)
    case 'text':
      return frame
  }
}

/** The frame of a selection: without the width of lines, so that a stretch of it is one of the shape. */
export function frameOf(shape: Shape, measure: Measure): Box {
  const [x, y] = shape.at
  if (shape.kind === 'text') {
    const { width, height } = layoutOf(shape, measure)
    return { x, y, width, height }
  }
  return boxBetween(shape.at, plus(shape.at, shape.size))
}
