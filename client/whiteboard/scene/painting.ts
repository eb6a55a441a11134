/** Which paint of a look: `theme.ts` knows the colour. */
export type Paint = 'line' | 'tint' | 'solid' | 'note' | 'onNote'

export interface Part {
  /** SVG path data in units of the board, relative to the shape's `at`. */
  readonly d: string
  readonly fill: Paint | null
  /** Painted along the path, `null` for none; round caps and joins. */
  readonly stroke: { readonly paint: Paint; readonly width: number } | null
}

export interface Words {
  /** Each line with the place of its baseline's start, relative to the shape's `at`. */
  readonly lines: readonly { readonly text: string; readonly x: number; readonly y: number }[]
  /** The size of the letters, in units of the board. The font is `FONT` of `theme.ts`. */
  readonly size: number
  readonly paint: Paint
}

/** How a shape is painted, for a canvas and for an SVG alike. Same shape, same object. */
export interface Painting {
  readonly parts: readonly Part[]
  readonly words: Words | null
  /** 0 to 1, of the whole. */
  readonly opacity: number
}
