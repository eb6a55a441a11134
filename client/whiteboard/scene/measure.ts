/**
 * How wide `text` is in letters of `size`, both in units of the board, in the font `FONT` of
 * `theme.ts`. One line. Comes in from outside: a canvas knows, and a test says.
 */
export type Measure = (text: string, size: number) => number
