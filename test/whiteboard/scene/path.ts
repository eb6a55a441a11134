import type { Point } from '../../../client/whiteboard/geometry/point.ts'

/** Path data as the lines it draws, one list of points per subpath: an oracle with code of its own. */
export function flattened(d: string): Point[][] {
  const ways: Point[][] = []
  let way: Point[] = []
  let [x, y] = [0, 0]
  let control: Point = [0, 0]
  const to = (nx: number, ny: number) => {
    way.push([nx, ny])
    ;[x, y] = [nx, ny]
  }
  const curve = ([cx, cy]: Point, nx: number, ny: number) => {
    const [sx, sy] = [x, y]
    for (let step = 1; step <= 4; step++) {
      const t = step / 4
      const mix = (a: number, b: number, c: number) =>
        (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t ** 2 * c
      to(mix(sx, cx, nx), mix(sy, cy, ny))
    }
    control = [cx, cy]
  }
  for (const [, command = '', rest = ''] of d.matchAll(/([A-Za-z])([^A-Za-z]*)/g)) {
    const numbers = rest.match(/-?(\d+\.?\d*|\.\d+)/g)?.map(Number) ?? []
    if (numbers.some((number) => !Number.isFinite(number))) throw new Error(`not a number: ${rest}`)
    const [a = 0, b = 0, c = 0, e = 0] = numbers
    if (command === 'M') {
      way = []
      ways.push(way)
      to(a, b)
    } else if (command === 'L') to(a, b)
    else if (command === 'h') to(x + a, y)
    else if (command === 'v') to(x, y + a)
    else if (command === 'Q') curve([a, b], c, e)
    else if (command === 'T') curve([2 * x - control[0], 2 * y - control[1]], a, b)
    else if (command === 'A')
      for (const point of arc([x, y], [a, b], numbers.slice(-2))) to(...point)
    else if (command === 'a') {
      const [dx = 0, dy = 0] = numbers.slice(-2)
      for (const point of arc([x, y], [a, b], [x + dx, y + dy])) to(...point)
    } else if (command === 'Z') to(...(way[0] ?? [0, 0]))
    else throw new Error(`unknown command: ${command}`)
  }
  return ways
}

/** Clockwise on a screen, a half circle at most: the only arcs we write. */
function arc([ax, ay]: Point, radii: Point, [bx = 0, by = 0]: readonly number[]): Point[] {
  if (radii[0] === 0 || radii[1] === 0) return [[bx, by]]
  const [ux, uy] = [(bx - ax) / 2 / radii[0], (by - ay) / 2 / radii[1]]
  const half = Math.hypot(ux, uy)
  if (half === 0) return [[bx, by]]
  const scale = Math.max(1, half)
  const [rx, ry] = [radii[0] * scale, radii[1] * scale]
  const away = Math.sqrt(Math.max(0, 1 - (half / scale) ** 2)) / half
  const centre: Point = [(ax + bx) / 2 - uy * away * rx, (ay + by) / 2 + ux * away * ry]
  const start = Math.atan2((ay - centre[1]) / ry, (ax - centre[0]) / rx)
  let sweep = Math.atan2((by - centre[1]) / ry, (bx - centre[0]) / rx) - start
  if (sweep <= 0) sweep += 2 * Math.PI
  return Array.from({ length: 12 }, (_, at): Point => {
    const angle = start + (sweep * (at + 1)) / 12
    return [centre[0] + rx * Math.cos(angle), centre[1] + ry * Math.sin(angle)]
  })
}

/** Whether a canvas would fill the point: its nonzero rule. */
export function isFilled(ways: readonly (readonly Point[])[], [px, py]: Point): boolean {
  let winding = 0
  for (const way of ways) {
    way.forEach(([ax, ay], at) => {
      const [bx, by] = way[(at + 1) % way.length] as Point
      if (ay <= py === by <= py) return
      if (ax + ((py - ay) / (by - ay)) * (bx - ax) > px) winding += by > ay ? 1 : -1
    })
  }
  return winding !== 0
}
