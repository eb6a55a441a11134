import type { Point } from '../geometry/point.ts'

const TURN = 2 * Math.PI

/** A line to draw, in units of the board around [0, 0]. */
export type Figure = (part: number) => Point

/**
 * A random figure that is worth watching while it is drawn: `part` runs from 0, where the pen goes
 * down, to 1, where it lifts.
 */
export function randomFigure(random: () => number, radius: number): Figure {
  const turned = random() * TURN
  const pick = Math.floor(random() * 4)
  if (pick === 0) return flower(3 + Math.floor(random() * 5), radius, turned)
  if (pick === 1) return spiral(2 + random() * 3, radius, turned)
  if (pick === 2) return star(5 + 2 * Math.floor(random() * 2), radius, turned)
  return wave(2 + Math.floor(random() * 4), radius, turned)
}

const round = (angle: number, radius: number): Point => [
  Math.cos(angle) * radius,
  Math.sin(angle) * radius,
]

/** A rose curve: an odd number of petals closes in half a turn, an even one twice as many in one. */
function flower(petals: number, radius: number, turned: number): Figure {
  const way = petals % 2 === 1 ? TURN / 2 : TURN
  return (part) => round(turned + part * way, radius * Math.cos(petals * part * way))
}

function spiral(turns: number, radius: number, turned: number): Figure {
  return (part) => round(turned + part * turns * TURN, radius * part)
}

/** A star in one line, every second point skipped. */
function star(points: number, radius: number, turned: number): Figure {
  const corner = (at: number) => round(turned + (at * 2 * TURN) / points, radius)
  return (part) => {
    const at = Math.min(points - 1, Math.floor(part * points))
    const rest = part * points - at
    const [fromX, fromY] = corner(at)
    const [toX, toY] = corner(at + 1)
    return [fromX + (toX - fromX) * rest, fromY + (toY - fromY) * rest]
  }
}

function wave(crests: number, radius: number, turned: number): Figure {
  const [cos, sin] = round(turned, 1)
  return (part) => {
    const x = (part * 2 - 1) * radius * 1.5
    const y = Math.sin(part * crests * TURN) * radius * 0.4
    return [x * cos - y * sin, x * sin + y * cos]
  }
}
