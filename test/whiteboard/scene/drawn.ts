import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import type { InkPoint } from '../../../client/whiteboard/model/ink-point.ts'
import { KINDS, type Shape, type ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { strokeOf } from '../../../client/whiteboard/model/stroke-of.ts'
import type { Measure } from '../../../client/whiteboard/scene/measure.ts'
import type { Seeded } from '../../support/seeded.ts'

/** Every character is half as wide as it is high. */
export const measure: Measure = (text, size) => [...text].length * size * 0.5

export const PLAIN = { colour: 0, size: 1, fill: 0 }

type Fields<S> = S extends Shape ? Partial<S> & Pick<S, 'kind'> : never

/** A shape of a board, with what is not said as on the first day. */
export const shape = (fields: Fields<Shape>): Shape =>
  ({ id: 'one', order: 'a0', at: [0, 0], size: [100, 60], look: PLAIN, ...fields }) as Shape

/** What a pen leaves behind that went through these points of the board. */
export function stroke(
  points: readonly (readonly number[])[],
  fields: Partial<Shape> = {},
  unit = 0.25,
): Shape & { readonly kind: 'pen' | 'highlighter' } {
  const ink = points.map(([x = 0, y = 0, pressure = 0.5]): InkPoint => [x, y, pressure])
  const packed = strokeOf(ink, unit)
  if (packed === null) throw new TypeError('a stroke needs a point')
  return shape({ kind: 'pen', ...packed, ...fields } as Fields<Shape>) as never
}

/** A hand's way: smooth, now and then with a sharp turn. */
export function way(dice: Seeded, length: number, step = 5): Point[] {
  let [x, y, heading] = [dice.int(-500, 500), dice.int(-500, 500), dice.next() * 6]
  return Array.from({ length }, (): Point => {
    heading += dice.chance(0.02) ? 2.6 : (dice.next() - 0.5) * 0.6
    x += Math.cos(heading) * step
    y += Math.sin(heading) * step
    return [x, y]
  })
}

/** Any shape there can be: of ordinary size mostly, else nothing at all or as large as the board. */
export function anyShape(dice: Seeded, id: string): Shape {
  const kind = dice.pick(KINDS)
  const span = dice.pick([0, 0.01, 1, 100, 100, 100, 1000, 1e7])
  const side = () => (dice.chance(0.1) ? 0 : dice.next() * span)
  const signed = kind === 'line' || kind === 'arrow'
  const common = {
    id: id as ShapeId,
    order: `a${dice.int(0, 30).toString(36)}V`,
    at: [(dice.next() - 0.5) * 2000, (dice.next() - 0.5) * 2000] as const,
    size: [side() * (signed && dice.chance(0.5) ? -1 : 1), side()] as const,
    look: { colour: dice.int(0, 7), size: dice.int(0, 3), fill: dice.int(0, 2) },
  }
  if (kind === 'pen' || kind === 'highlighter') {
    const hasPressure = dice.chance(0.5)
    const points = way(dice, dice.int(1, 80), dice.pick([0.05, 1, 5, 60]))
    const pressed = points.map((point) => [...point, hasPressure ? dice.next() : 0.5])
    const own = stroke(pressed, { ...common, kind } as Partial<Shape>)
    // Half of them as they were drawn, half stretched.
    return dice.chance(0.5) ? own : stroke(pressed, { ...common, kind, size: own.size } as never)
  }
  if (kind === 'text' || kind === 'note') {
    const word = () => 'w'.repeat(dice.int(1, 14))
    const text = Array.from({ length: dice.int(0, 40) }, word).join(dice.pick([' ', '\n', '  ']))
    return shape({ ...common, kind, text } as never)
  }
  return shape({ ...common, kind } as never)
}
