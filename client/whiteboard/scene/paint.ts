import type { LiveStroke } from '../model/board.ts'
import { MOST_LIVE_STROKES } from '../model/limits.ts'
import type { Frame, Line, Shape, ShapeId, Writing } from '../model/shape.ts'
import { FILLS } from '../model/shape.ts'
import { arrowHead } from './arrow-head.ts'
import { GrowingInk } from './growing-ink.ts'
import type { Measure } from './measure.ts'
import { paintStroke } from './paint-stroke.ts'
import type { Painting, Part } from './painting.ts'
import { ellipse, place, short } from './path-data.ts'
import { lineWidth } from './sizes.ts'
import { layoutOf } from './words.ts'

const CORNER = 8
const NOTE_CORNER = 4

const known = new WeakMap<Shape, { readonly measure: Measure; readonly painting: Painting }>()

/** How a shape is painted: the same object for the same shape, and for a stroke that was only moved. */
export function paintingOf(shape: Shape, measure: Measure): Painting {
  const before = known.get(shape)
  if (before?.measure === measure) return before.painting
  const painting = paint(shape, measure)
  known.set(shape, { measure, painting })
  return painting
}

function paint(shape: Shape, measure: Measure): Painting {
  switch (shape.kind) {
    case 'pen':
    case 'highlighter':
      return paintStroke(shape)
    case 'rectangle':
    case 'ellipse':
      return { parts: [framePart(shape)], words: null, opacity: 1 }
    case 'line':
    case 'arrow':
      return { parts: [linePart(shape)], words: null, opacity: 1 }
    case 'text':
    case 'note':
      return paintWriting(shape, measure)
  }
}

function framePart({ kind, look, size: [width, height] }: Frame): Part {
  const fill = FILLS[look.fill]
  return {
    d:
      kind === 'ellipse'
        ? ellipse(width / 2, height / 2, Math.abs(width / 2), Math.abs(height / 2))
        : roundedBox(width, height, CORNER),
    fill: fill === 'tinted' ? 'tint' : fill === 'solid' ? 'solid' : null,
    stroke: { paint: 'line', width: lineWidth(kind, look) },
  }
}

/** With an edge of its own for lengths of zero, which no canvas would paint. */
function roundedBox(width: number, height: number, corner: number): string {
  const [w, h] = [Math.abs(width) || 0.01, Math.abs(height) || 0.01]
  const [x, y] = [Math.min(0, width), Math.min(0, height)]
  const r = Math.min(corner, w / 4, h / 4)
  const arc = (dx: number, dy: number) => `a${place(r, r)} 0 0 1 ${place(dx, dy)}`
  const [across, down] = [w - 2 * r, h - 2 * r]
  return (
    `M${place(x + r, y)}h${short(across)}${arc(r, r)}v${short(down)}${arc(-r, r)}` +
    `h${short(-across)}${arc(-r, -r)}v${short(-down)}${arc(r, -r)}Z`
  )
}

function linePart({ kind, look, size: [dx, dy] }: Line): Part {
  const width = lineWidth(kind, look)
  const shaft = `M0 0${dx === 0 && dy === 0 ? 'h0.01' : `L${place(dx, dy)}`}`
  const [[ax, ay], [bx, by]] = arrowHead([dx, dy], width)
  const head = `M${place(ax, ay)}L${place(dx, dy)}L${place(bx, by)}`
  return {
    d: kind === 'arrow' ? shaft + head : shaft,
    fill: null,
    stroke: { paint: 'line', width },
  }
}

function paintWriting(shape: Writing, measure: Measure): Painting {
  const { lines, size } = layoutOf(shape, measure)
  if (shape.kind === 'text') {
    return { parts: [], words: { lines, size, paint: 'line' }, opacity: 1 }
  }
  const [width, height] = shape.size
  const sheet: Part = { d: roundedBox(width, height, NOTE_CORNER), fill: 'note', stroke: null }
  return { parts: [sheet], words: { lines, size, paint: 'onNote' }, opacity: 1 }
}

/** All that others show, and some of our own. Nobody says when one is done: the oldest makes room. */
const MOST_GROWING = MOST_LIVE_STROKES + 16
const growing = new Map<ShapeId, GrowingInk>()
const outlined = new WeakMap<LiveStroke, readonly Part[]>()

/**
 * How a growing stroke is painted, relative to its `at`: all parts as one path with one fill or one
 * stroke, at the opacity that `opacityOf` says. While it only grows, all parts but the last remain
 * the same objects, and more follow: what a canvas needs may hang on them.
 */
export function liveOutline(stroke: LiveStroke): readonly Part[] {
  const before = outlined.get(stroke)
  if (before !== undefined) return before
  const one = growing.get(stroke.id)
  const ink = one?.continues(stroke) ? one : new GrowingInk(stroke)
  // Moved to the end: the first of a map is the one that grew longest ago.
  growing.delete(stroke.id)
  growing.set(stroke.id, ink)
  if (growing.size > MOST_GROWING) growing.delete(growing.keys().next().value as ShapeId)
  const parts = ink.grow(stroke)
  outlined.set(stroke, parts)
  return parts
}
