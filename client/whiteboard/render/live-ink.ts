import type { LiveStroke } from '../model/board.ts'
import type { ShapeId } from '../model/shape.ts'
import { liveOutline } from '../scene/paint.ts'
import { opacityOf } from '../scene/paint-stroke.ts'
import type { Part } from '../scene/painting.ts'
import type { Brush, Context, Corner } from './brush.ts'

/** What is drawn of a stroke, as far as it is: parsed once, however long it grows. */
interface Drawn {
  stroke: LiveStroke
  /** All parts but the last. */
  readonly done: Path2D
  readonly parts: Part[]
  whole: Path2D
}

/** Paints strokes that grow. What is done of one is not parsed again when more comes. */
export class LiveInk {
  readonly #drawn = new Map<ShapeId, Drawn>()

  paint(g: Context, stroke: LiveStroke, brush: Brush, { scale, left, top }: Corner): void {
    const parts = liveOutline(stroke)
    const last = parts.at(-1)
    if (last === undefined) return
    g.setTransform(scale, 0, 0, scale, stroke.at[0] * scale - left, stroke.at[1] * scale - top)
    g.globalAlpha = opacityOf(stroke.kind)
    brush.path(g, this.#path(stroke, parts, last), last, stroke.look)
  }

  /** Forgets all strokes but these. */
  keep(strokes: Iterable<LiveStroke>): void {
    const ids = new Set<ShapeId>()
    for (const { id } of strokes) ids.add(id)
    for (const id of this.#drawn.keys()) if (!ids.has(id)) this.#drawn.delete(id)
  }

  #path(stroke: LiveStroke, parts: readonly Part[], last: Part): Path2D {
    let drawn = this.#drawn.get(stroke.id)
    if (drawn?.stroke === stroke) return drawn.whole
    const goesOn =
      drawn !== undefined &&
      drawn.parts.length < parts.length &&
      drawn.parts.every((part, at) => part === parts[at])
    if (drawn === undefined || !goesOn) {
      drawn = { stroke, done: new Path2D(), parts: [], whole: new Path2D() }
      this.#drawn.set(stroke.id, drawn)
    }
    for (const part of parts.slice(drawn.parts.length, -1)) {
      drawn.done.addPath(new Path2D(part.d))
      drawn.parts.push(part)
    }
    drawn.stroke = stroke
    drawn.whole = new Path2D(drawn.done)
    drawn.whole.addPath(new Path2D(last.d))
    return drawn.whole
  }
}
