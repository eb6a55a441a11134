import { panned, toBoard, toView } from '../editor/camera.ts'
import type { Editor, ToolName } from '../editor/editor.ts'
import type { Point } from '../geometry/point.ts'
import type { Press } from '../tools/tool.ts'
import type { Gestures } from './gestures.ts'

/** The view follows a crosshair that comes so near to its edge, in pixels. */
const EDGE_PX = 32

const NAMES: Readonly<Partial<Record<ToolName, string>>> = {
  pen: 'Pen',
  highlighter: 'Highlighter',
  eraser: 'Eraser',
  rectangle: 'Rectangle',
  ellipse: 'Ellipse',
  line: 'Line',
  arrow: 'Arrow',
}

/** Shift and Alt say how far an arrow key goes, and nothing to the tool. */
const NOTHING_HELD = { shift: false, alt: false, ctrl: false } as const

/**
 * Drawing without a pointer: arrow keys move a crosshair, and Enter or Space presses the tool down
 * there and lifts it again. Others see it as the cursor of this person.
 */
export class Crosshair {
  readonly #editor: Editor
  readonly #gestures: Gestures

  constructor(editor: Editor, gestures: Gestures) {
    this.#editor = editor
    this.#gestures = gestures
  }

  /** Whether the chosen tool is used at a place. */
  get useful(): boolean {
    const tool = this.#editor.tool.peek()
    return tool !== 'select' && tool !== 'hand'
  }

  get shown(): boolean {
    return this.#editor.crosshair.peek() !== null
  }

  /** Goes by so many pixels of the view, and begins in its middle. */
  move([dx, dy]: Point): void {
    const editor = this.#editor
    const { zoom } = editor.camera.peek()
    const [x, y] = editor.crosshair.peek() ?? this.#middle()
    this.#put([x + dx / zoom, y + dy / zoom])
    if (this.#down()) this.#gestures.move([this.#press()])
  }

  /** Presses the tool down, or lifts it; without a crosshair shows it first. */
  press(): void {
    if (!this.shown) {
      this.#put(this.#middle())
      this.#say('Crosshair in the middle')
      return
    }
    if (this.#down()) this.#lift()
    else this.#lower()
  }

  /** Whether there was something to let go of: first what is being drawn, then the crosshair. */
  escape(): boolean {
    if (this.#down()) {
      this.#gestures.cancel()
      this.#say('Called off')
      return true
    }
    return this.hide()
  }

  hide(): boolean {
    if (!this.shown) return false
    this.#editor.crosshair.value = null
    this.#editor.pointer.value = null
    return true
  }

  #lower(): void {
    const { tool } = this.#editor
    const name = NAMES[tool.peek()]
    const before = this.#editor.announcement.peek()
    this.#gestures.begin(tool.peek(), this.#press())
    // Words are put down by one press.
    if (name === undefined) this.#gestures.up(this.#press())
    else if (this.#editor.announcement.peek() === before) this.#say(`${name} down`)
  }

  #lift(): void {
    const name = NAMES[this.#gestures.tool ?? 'select']
    const before = this.#editor.announcement.peek()
    this.#gestures.up(this.#press())
    // A tool that knows better what became of it has said so.
    if (name !== undefined && this.#editor.announcement.peek() === before) this.#say(`${name} up`)
  }

  #down(): boolean {
    return this.#gestures.last?.by === 'keyboard'
  }

  #middle(): Point {
    const { width, height } = this.#editor.view.peek()
    return toBoard([width / 2, height / 2], this.#editor.camera.peek())
  }

  #put(at: Point): void {
    const editor = this.#editor
    const { width, height } = editor.view.peek()
    const [x, y] = toView(at, editor.camera.peek())
    const over = (place: number, size: number) =>
      Math.min(0, place - EDGE_PX) + Math.max(0, place - (size - EDGE_PX))
    const beyond: Point = [over(x, width), over(y, height)]
    if (beyond[0] !== 0 || beyond[1] !== 0) {
      editor.camera.value = panned(editor.camera.peek(), [-beyond[0], -beyond[1]])
    }
    editor.crosshair.value = at
    editor.pointer.value = at
  }

  #press(): Press {
    const at = this.#editor.crosshair.peek() ?? this.#middle()
    const inView = toView(at, this.#editor.camera.peek())
    return { at, inView, pressure: 0.5, by: 'keyboard', ...NOTHING_HELD, clicks: 1 }
  }

  #say(words: string): void {
    this.#editor.announcement.value = words
  }
}
