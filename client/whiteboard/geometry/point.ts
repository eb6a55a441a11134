/** A place or a distance, in units of the board: pixels at 100 %. y grows downwards. */
export type Point = readonly [x: number, y: number]

export const plus = ([ax, ay]: Point, [bx, by]: Point): Point => [ax + bx, ay + by]
export const minus = ([ax, ay]: Point, [bx, by]: Point): Point => [ax - bx, ay - by]
export const distance = ([ax, ay]: Point, [bx, by]: Point): number => Math.hypot(ax - bx, ay - by)
