import type { StrokePoint } from 'perfect-freehand'
import type { Stroke } from '../model/shape.ts'
import { byInk } from './by-ink.ts'
import { lineThrough } from './ink-line.ts'
import { lacksPressure, nibOf } from './nib.ts'
import { outlineOf, turnsBack } from './outline.ts'
import type { Painting, Part } from './painting.ts'
import { smoothWay } from './path-data.ts'
import { lineWidth } from './sizes.ts'
import { strokePoints } from './stroke-points.ts'

/** What a highlighter lets through of what is below it. */
const HIGHLIGHTER_OPACITY = 0.4
/** An outline goes around every sharp turn with 26 points. More turns than this are no writing. */
const MOST_TURNS = 2_000

/** Of the whole of a stroke, growing or done. */
export const opacityOf = (kind: Stroke['kind']): number =>
  kind === 'highlighter' ? HIGHLIGHTER_OPACITY : 1

/** The outline of a pen. The middle line of a highlighter: it is as wide everywhere. */
export const paintStroke = byInk((stroke: Stroke): Painting => {
  const points = strokePoints(stroke)
  const width = lineWidth(stroke.kind, stroke.look)
  const opacity = opacityOf(stroke.kind)
  if (stroke.kind === 'highlighter') {
    const line = lineThrough(points, { size: width, guesses: false })
    return { parts: [highlighted(line, width)], words: null, opacity }
  }
  const nib = nibOf(width, lacksPressure(points))
  const line = lineThrough(points, nib)
  const part: Part = isWild(line)
    ? { d: wayOf(line), fill: null, stroke: { paint: 'line', width } }
    : { d: outlineOf(line, nib), fill: 'line', stroke: null }
  return { parts: [part], words: null, opacity }
})

/** A stretch of a highlighter's line. */
export const highlighted = (line: readonly StrokePoint[], width: number): Part => ({
  d: wayOf(line),
  fill: null,
  stroke: { paint: 'solid', width },
})

function wayOf(line: readonly StrokePoint[]): string {
  const way = smoothWay(line.map(({ point }) => point))
  // A line without length is not painted everywhere, whatever its caps.
  return line.length === 1 ? `${way}h0.01` : way
}

function isWild(line: readonly StrokePoint[]): boolean {
  let turns = 0
  for (let at = 1; at < line.length; at++) {
    if (turnsBack(line[at - 1], line[at])) turns++
  }
  return turns > MOST_TURNS
}
