import { FONT, type PersonColour } from '../scene/theme.ts'

/** The arrow, its tip at 0, 0, in CSS pixels. */
const ARROW = 'M0 0L4.9 14.9Q5.3 15.9 5.8 14.9L8.3 9.3Q8.6 8.6 9.3 8.3L14.9 5.8Q15.9 5.3 14.9 4.9Z'
/** How far the name is from the tip. */
const BESIDE = 12
const BELOW = 15
const LETTERS = 12
const PAD_X = 7
const HEIGHT = 20
/** Names are cut to so many letters: a cursor should not cover the board. */
const LONGEST = 24
/** Widths of names that are remembered. */
const MOST_NAMES = 200

let arrow: Path2D | null = null
const widths = new Map<string, number>()

/**
 * The cursor of somebody, with the name beside it. The canvas' transform puts its tip at 0, 0 and
 * makes a unit a CSS pixel. `halo` goes around it, so that it is seen on anything.
 */
export function paintCursor(
  g: CanvasRenderingContext2D,
  name: string,
  person: PersonColour,
  halo: string,
): void {
  arrow ??= new Path2D(ARROW)
  g.lineJoin = 'round'
  g.lineWidth = 3
  g.strokeStyle = halo
  g.stroke(arrow)
  g.fillStyle = person.colour
  g.fill(arrow)
  paintName(g, name, BESIDE, BELOW, person, halo)
}

/** A name on a ground of its colour, the ground's corner at x, y. */
export function paintName(
  g: CanvasRenderingContext2D,
  name: string,
  x: number,
  y: number,
  { colour, text }: PersonColour,
  halo: string,
): void {
  const letters = [...name]
  const shown = letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('')}…` : name
  g.font = `600 ${LETTERS}px ${FONT}`
  g.beginPath()
  g.roundRect(x, y, widthOf(g, shown) + 2 * PAD_X, HEIGHT, HEIGHT / 2)
  g.lineWidth = 2
  g.strokeStyle = halo
  g.stroke()
  g.fillStyle = colour
  g.fill()
  g.fillStyle = text
  g.textBaseline = 'middle'
  g.fillText(shown, x + PAD_X, y + HEIGHT / 2 + 0.5)
  g.textBaseline = 'alphabetic'
}

function widthOf(g: CanvasRenderingContext2D, name: string): number {
  let width = widths.get(name)
  if (width === undefined) {
    if (widths.size >= MOST_NAMES) widths.clear()
    width = g.measureText(name).width
    widths.set(name, width)
  }
  return width
}
