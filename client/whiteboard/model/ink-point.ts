/** One point of a stroke: x, y relative to the stroke's corner, and pressure, 0 to 1. */
export type InkPoint = readonly [x: number, y: number, pressure: number]
