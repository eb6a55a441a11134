import type { Point } from '../geometry/point.ts'

/** A number in path data: two decimals are a third of a pixel at 3,000 %. */
export const short = (value: number): string => hundredths(Math.round(value * 100))

/** A place in path data: `12.5 -3`. */
export const place = (x: number, y: number): string => `${short(x)} ${short(y)}`

export function circle(x: number, y: number, radius: number): string {
  return ellipse(x, y, radius, radius)
}

/**
 * The ends of its arcs are apart by just twice their radius, as it is written: for ends that are a
 * hundredth further apart a reader would enlarge both radii, which shows where one is much longer.
 */
export function ellipse(x: number, y: number, a: number, b: number): string {
  const across = Math.max(1, Math.round(a * 100))
  const arc = `a${hundredths(across)} ${short(b)} 0 1 1`
  const [there, back] = [hundredths(2 * across), hundredths(-2 * across)]
  return `M${place(x - a, y)}${arc} ${there} 0${arc} ${back} 0Z`
}

/** After so many curves one says its control point in full. */
const ANCHOR = 32

/**
 * A closed smooth line along `points`: quadratic curves with their ends half way between neighbours
 * and the points as their controls. `T` leaves the control to the reader, who mirrors the one before
 * at the curve's start: half the bytes of `Q`. For that to be exact in two decimals, controls are
 * rounded to even hundredths. Readers count in 32 bits: `Q` now and then keeps them from drifting.
 */
export function smoothLoop(points: readonly (readonly [number, number])[]): string {
  const controls: [number, number][] = []
  for (const [x, y] of points) {
    const [evenX, evenY] = [Math.round(x * 50), Math.round(y * 50)]
    const before = controls.at(-1)
    if (before?.[0] !== evenX || before[1] !== evenY) controls.push([evenX, evenY])
  }
  const [first] = controls
  const last = controls.at(-1)
  if (first === undefined || last === undefined) return ''
  let d = `M${hundredths(first[0] + last[0])} ${hundredths(first[1] + last[1])}`
  for (let at = 0; at < controls.length; at++) {
    const [x, y] = controls[at] as [number, number]
    const [nextX, nextY] = controls[at + 1] ?? first
    d += at % ANCHOR === 0 ? `Q${hundredths(2 * x)} ${hundredths(2 * y)} ` : 'T'
    d += `${hundredths(x + nextX)} ${hundredths(y + nextY)}`
  }
  return `${d}Z`
}

/** `.05`, `.5`, nothing for 0. */
const FRACTIONS = Array.from({ length: 100 }, (_, at) =>
  at === 0 ? '' : `.${String(at).padStart(2, '0').replace(/0$/, '')}`,
)

/** A count of hundredths as a decimal number: `-12.05`. Three times as fast as dividing. */
function hundredths(count: number): string {
  const all = Math.abs(count)
  const whole = Math.floor(all / 100)
  return `${count < 0 ? '-' : ''}${whole}${FRACTIONS[all - 100 * whole]}`
}

/** An open smooth line along `points`, through the first and the last. */
export function smoothWay(points: readonly (readonly [number, number])[]): string {
  const [first] = points
  const last = points.at(-1)
  if (first === undefined || last === undefined) return ''
  let d = `M${place(first[0], first[1])}`
  for (let at = 1; at < points.length - 1; at++) {
    const [x, y] = points[at] as Point
    const [nextX, nextY] = points[at + 1] as Point
    d += `Q${place(x, y)} ${place((x + nextX) / 2, (y + nextY) / 2)}`
  }
  return `${d}L${place(last[0], last[1])}`
}
