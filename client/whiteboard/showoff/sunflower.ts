import type { Point } from '../geometry/point.ts'
import { packInk } from '../model/ink.ts'
import type { InkPoint } from '../model/ink-point.ts'
import type { Look, NewShape } from '../model/shape.ts'
import { randomFigure } from './figure.ts'

/** 137.5 degrees: seeds that follow each other by it never stand in line (Vogel, 1979). */
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5))
/** Between neighbours, in units of the board. */
const APART = 36
const POINTS = 40
const WORDS = ['Hello', 'Ideas', 'Next', 'Why?', 'Soon', 'Yes!', 'Later', 'Draw'] as const

/**
 * The shape with number `n` of a sunflower around `centre`: strokes, boxes, ellipses, arrows and
 * notes, as on a board that a team has used for a year.
 */
export function seed(n: number, centre: Point, random: () => number): NewShape {
  const far = APART * Math.sqrt(n + 0.5)
  const angle = n * GOLDEN_ANGLE
  const x = centre[0] + far * Math.cos(angle)
  const y = centre[1] + far * Math.sin(angle)
  const look: Look = { colour: 1 + (n % 7), size: n % 5 === 0 ? 1 : 0, fill: n % 3 }
  const width = 24 + random() * 24
  const at: Point = [x - width / 2, y - width / 2]
  const size: Point = [width, width]
  switch (n % 8) {
    case 0:
    case 3:
    case 6:
      return stroke([x, y], look, random)
    case 1:
      return { kind: 'rectangle', at, size, look }
    case 2:
    case 5:
      return { kind: 'ellipse', at, size, look }
    case 4:
      return { kind: 'arrow', at: [x, y], size: [22 * Math.cos(angle), 22 * Math.sin(angle)], look }
    default: {
      const text = WORDS[Math.floor(n / 8) % WORDS.length] ?? ''
      return { kind: 'note', at: [x - 25, y - 25], size: [50, 50], look, text }
    }
  }
}

function stroke([x, y]: Point, look: Look, random: () => number): NewShape {
  const figure = randomFigure(random, 20)
  const way = Array.from({ length: POINTS }, (_, at) => figure(at / (POINTS - 1)))
  const left = Math.min(...way.map(([px]) => px))
  const top = Math.min(...way.map(([, py]) => py))
  const right = Math.max(...way.map(([px]) => px))
  const bottom = Math.max(...way.map(([, py]) => py))
  const points = way.map(([px, py]): InkPoint => [px - left, py - top, 0.5])
  return {
    kind: 'pen',
    at: [x + left, y + top],
    size: [right - left, bottom - top],
    look,
    ink: packInk(points, 0.5),
  }
}
