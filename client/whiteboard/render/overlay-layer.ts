import type { Editor } from '../editor/editor.ts'
import { type Box, boxAround, boxBetween, overlap } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'
import { type Stretch, stretched } from '../geometry/stretch.ts'
import type { Others } from '../people/others.ts'
import type { Peer } from '../people/peer.ts'
import { frameOf } from '../scene/bounds.ts'
import type { PersonColour, Theme } from '../scene/theme.ts'
import { paintCursor, paintName } from './cursor.ts'
import { onScreen, type Sight, seenFrom } from './sight.ts'

/** More frames than these are one frame around all of them. */
const MOST_FRAMES = 80
/** All in CSS pixels. */
const HANDLE = 9
const HANDLE_CORNER = 2.5
const CROSSHAIR = 14
const NAME_ABOVE = 26
/** So far from its point does a cursor with its name reach. */
const CURSOR_REACH = 240

/** What is no part of the board: who has selected what, handles, and the others' cursors. */
export class OverlayLayer {
  readonly #g: CanvasRenderingContext2D
  readonly #editor: Editor
  readonly #others: Others
  #theme: Theme
  #isEmpty = true

  constructor(canvas: HTMLCanvasElement, editor: Editor, others: Others, theme: Theme) {
    const g = canvas.getContext('2d')
    if (g === null) throw new Error('this browser has no canvas')
    this.#g = g
    this.#editor = editor
    this.#others = others
    this.#theme = theme
  }

  use(theme: Theme): void {
    this.#theme = theme
  }

  draw(sight: Sight): void {
    this.#clear(sight)
    const peers = this.#others.peers.peek()
    for (const peer of peers) this.#selectionOf(peer, sight)
    this.#selection(sight)
    this.#marquee(sight)
    this.#crosshair(sight)
    for (const peer of peers) this.#cursorOf(peer, sight)
  }

  /** A canvas that is empty and stays so costs nothing: clearing one is 1.5 ms of copying. */
  #clear({ width, height }: Sight): void {
    if (this.#isEmpty) return
    this.#g.setTransform(1, 0, 0, 1, 0, 0)
    this.#g.clearRect(0, 0, width, height)
    this.#isEmpty = true
  }

  #selection(sight: Sight): void {
    const frame = this.#editor.frame.peek()
    if (frame === null || this.#editor.editing.peek() !== null) return
    const stretch = this.#editor.stretch.peek()
    const shapes = this.#editor.selected.peek()
    this.#begin(this.#theme.selection)
    if (shapes.length > 1 && shapes.length <= MOST_FRAMES) {
      this.#g.globalAlpha = 0.5
      for (const shape of shapes) {
        this.#frame(put(frameOf(shape, this.#editor.measure), stretch), sight, 1)
      }
      this.#g.globalAlpha = 1
    }
    const handles = this.#editor.handles.peek()
    const isLine = handles.some(({ name }) => name === 'start' || name === 'end')
    if (!isLine) this.#frame(put(frame, stretch), sight, 1.5)
    if (stretch !== null) return
    for (const { at } of handles) this.#handle(at, isLine, sight)
  }

  #selectionOf(peer: Peer, sight: Sight): void {
    if (peer.selection.size === 0) return
    const seen = seenFrom(sight)
    const { board, measure } = this.#editor
    const frames: Box[] = []
    for (const id of peer.selection) {
      const shape = board.get(id)
      if (shape !== null) frames.push(put(frameOf(shape, measure), peer.stretch))
    }
    const around = boxAround(frames)
    if (around === null || !overlap(around, seen)) return
    const person = this.#person(peer)
    this.#begin(person.colour, this.#others.presenceOf(peer.client))
    this.#frame(around, sight, 1)
    if (frames.length > 1 && frames.length <= MOST_FRAMES) {
      this.#g.globalAlpha *= 0.5
      for (const frame of frames) if (overlap(frame, seen)) this.#frame(frame, sight, 1)
    }
    // Their cursor says who it is; without one the frame does.
    if (this.#others.cursorOf(peer.client) !== null) return
    const [x, y] = onScreen([around.x, around.y], sight)
    this.#inCss(x, y, sight, this.#others.presenceOf(peer.client))
    paintName(this.#g, peer.name, 0, -NAME_ABOVE, person, this.#theme.paper)
  }

  #marquee(sight: Sight): void {
    const marquee = this.#editor.marquee.peek()
    if (marquee === null) return
    const [x, y] = onScreen([marquee.x, marquee.y], sight)
    this.#begin(this.#theme.selection)
    this.#g.globalAlpha = 0.08
    this.#g.fillStyle = this.#theme.selection
    this.#g.fillRect(x, y, marquee.width * sight.scale, marquee.height * sight.scale)
    this.#g.globalAlpha = 1
    this.#frame(marquee, sight, 1)
  }

  /** Where the keyboard draws: two lines with a gap between, readable on anything. */
  #crosshair(sight: Sight): void {
    const at = this.#editor.crosshair.peek()
    if (at === null) return
    const g = this.#g
    const [x, y] = onScreen(at, sight)
    this.#begin(this.#theme.paper)
    this.#inCss(x, y, sight, 1)
    g.beginPath()
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      g.moveTo(dx * 4, dy * 4)
      g.lineTo(dx * CROSSHAIR, dy * CROSSHAIR)
    }
    g.lineCap = 'round'
    g.lineWidth = 5
    g.stroke()
    g.strokeStyle = this.#theme.selection
    g.lineWidth = 2
    g.stroke()
    g.fillStyle = this.#theme.selection
    g.fillRect(-1, -1, 2, 2)
  }

  #cursorOf(peer: Peer, sight: Sight): void {
    const at = this.#others.cursorOf(peer.client)
    if (at === null) return
    const [x, y] = onScreen(at, sight)
    const reach = CURSOR_REACH * sight.ratio
    if (x < -reach || y < -reach || x > sight.width + reach || y > sight.height + reach) return
    this.#isEmpty = false
    this.#inCss(x, y, sight, this.#others.presenceOf(peer.client))
    paintCursor(this.#g, peer.name, this.#person(peer), this.#theme.paper)
  }

  #handle(at: Point, isRound: boolean, sight: Sight): void {
    const g = this.#g
    const [x, y] = onScreen(at, sight)
    const edge = Math.round(HANDLE * sight.ratio)
    const [left, top] = [Math.round(x - edge / 2), Math.round(y - edge / 2)]
    g.beginPath()
    g.roundRect(left, top, edge, edge, isRound ? edge / 2 : HANDLE_CORNER * sight.ratio)
    g.fillStyle = this.#theme.paper
    g.fill()
    g.lineWidth = 1.5 * sight.ratio
    g.stroke()
  }

  /** A frame whose lines cover whole pixels. */
  #frame(box: Box, sight: Sight, thickness: number): void {
    const g = this.#g
    const line = Math.max(1, Math.round(thickness * sight.ratio))
    const odd = (line % 2) / 2
    const [left, top] = onScreen([box.x, box.y], sight)
    const [right, bottom] = onScreen([box.x + box.width, box.y + box.height], sight)
    const corner: Point = [snapped(left, sight.width) + odd, snapped(top, sight.height) + odd]
    const across = boxBetween(corner, [
      snapped(right, sight.width) + odd,
      snapped(bottom, sight.height) + odd,
    ])
    g.lineWidth = line
    g.strokeRect(across.x, across.y, across.width, across.height)
  }

  #begin(colour: string, opacity = 1): void {
    this.#isEmpty = false
    this.#g.setTransform(1, 0, 0, 1, 0, 0)
    this.#g.globalAlpha = opacity
    this.#g.strokeStyle = colour
  }

  /** Units are CSS pixels from here, counted from a place on the screen. */
  #inCss(x: number, y: number, { ratio }: Sight, opacity: number): void {
    this.#g.setTransform(ratio, 0, 0, ratio, Math.round(x), Math.round(y))
    this.#g.globalAlpha = opacity
  }

  #person({ colour }: Peer): PersonColour {
    const { people, selection, paper } = this.#theme
    return people[colour % people.length] ?? { colour: selection, text: paper }
  }
}

/** Where a box is under a stretch. */
function put(box: Box, stretch: Stretch | null): Box {
  if (stretch === null) return box
  const corner: Point = [box.x + box.width, box.y + box.height]
  return boxBetween(stretched([box.x, box.y], stretch), stretched(corner, stretch))
}

/** A whole pixel; what lies far outside of the view is as good as just outside. */
const snapped = (at: number, extent: number): number =>
  Math.round(Math.min(extent + 100, Math.max(-100, at)))
