import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core'
import { type Box, boxAround } from '../geometry/box.ts'
import type { Point } from '../geometry/point.ts'
import type { Stretch } from '../geometry/stretch.ts'
import type { Board, LiveStrokes } from '../model/board.ts'
import type { Look, NewShape, Shape, ShapeId } from '../model/shape.ts'
import { frameOf } from '../scene/bounds.ts'
import type { Measure } from '../scene/measure.ts'
import type { SceneIndex } from '../scene/scene-index.ts'
import type { Camera, View } from './camera.ts'
import { endsOf, type Handle, handlesOf } from './handles.ts'

export const TOOLS = [
  'select',
  'hand',
  'pen',
  'highlighter',
  'eraser',
  'rectangle',
  'ellipse',
  'line',
  'arrow',
  'text',
  'note',
] as const
export type ToolName = (typeof TOOLS)[number]

/** What an editor works on. */
export interface EditorParts {
  readonly board: Board
  readonly live: LiveStrokes
  readonly index: SceneIndex
  /** How wide a text is, for the frames of texts. */
  readonly measure: Measure
}

/**
 * What this person is doing. Tools and buttons write it; layers, buttons and presence read it.
 * Nothing in here is shared with others by itself: `people/` publishes what they may see.
 */
export class Editor {
  readonly board: Board
  readonly live: LiveStrokes
  readonly index: SceneIndex
  readonly measure: Measure

  readonly camera: Signal<Camera> = signal({ x: 0, y: 0, zoom: 1 })
  readonly view: Signal<View> = signal({ width: 0, height: 0 })
  readonly tool: Signal<ToolName> = signal('pen')
  /** For what is drawn next; the buttons change it, and the selected shapes with it. */
  readonly look: Signal<Look> = signal({ colour: 0, size: 1, fill: 0 })
  readonly selection: Signal<ReadonlySet<ShapeId>> = signal(new Set())
  /** The text or note whose words are being edited. */
  readonly editing: Signal<ShapeId | null> = signal(null)
  /** The text that was made a moment ago to be edited: if it stays empty, making it is undone. */
  fresh: ShapeId | null = null
  /** The frame or line that is being drawn and is no shape yet, or not yet as it is here. */
  readonly draft: Signal<NewShape | null> = signal(null)
  /** How the selection is being moved or resized; committed on drop. */
  readonly stretch: Signal<Stretch | null> = signal(null)
  /** The frame of a selection that is being pulled open. */
  readonly marquee: Signal<Box | null> = signal(null)
  /**
   * What the eraser has passed over and will remove when it lifts; or the line that `draft` will
   * replace, because one of its ends is being dragged. Shown dimmed.
   */
  readonly erasing: Signal<ReadonlySet<ShapeId>> = signal(new Set())
  /** Where the pointer is on the board; `null` while it is elsewhere. */
  readonly pointer: Signal<Point | null> = signal(null)
  /** Where the keyboard points while it draws; `null` while nobody draws by keyboard. */
  readonly crosshair: Signal<Point | null> = signal(null)
  /** A style of CSS for the pointer over the board: `crosshair`, `grab`, `nwse-resize`. */
  readonly mouse: Signal<string> = signal('crosshair')
  /** What a screen reader should say now: `Rectangle selected`. */
  readonly announcement: Signal<string> = signal('')

  /** Goes up with every change of the board and of what can be undone. */
  readonly #changes: Signal<number> = signal(0)
  /** How many shapes there are. */
  readonly count: ReadonlySignal<number> = this.#following(() => this.board.count)
  readonly canUndo: ReadonlySignal<boolean> = this.#following(() => this.board.history.canUndo)
  readonly canRedo: ReadonlySignal<boolean> = this.#following(() => this.board.history.canRedo)
  /** The selected shapes, in no order. One that was just removed may still be in `selection`. */
  readonly selected: ReadonlySignal<readonly Shape[]> = this.#following(() =>
    [...this.selection.value].flatMap((id) => this.board.get(id) ?? []),
  )
  /** The frame around all that is selected, as it lies on the board: without `stretch`. */
  readonly frame: ReadonlySignal<Box | null> = computed(() =>
    boxAround(this.selected.value.map((shape) => frameOf(shape, this.measure))),
  )
  /** What the selection can be resized by: nothing if there is none. */
  readonly handles: ReadonlySignal<readonly Handle[]> = computed(() => {
    const frame = this.frame.value
    if (frame === null) return []
    const [shape] = this.selected.value
    const alone = this.selected.value.length === 1 ? shape : undefined
    if (alone?.kind === 'line' || alone?.kind === 'arrow') return endsOf(alone)
    return handlesOf(frame, alone?.kind === 'text' ? 'width' : 'both')
  })

  constructor({ board, live, index, measure }: EditorParts) {
    this.board = board
    this.live = live
    this.index = index
    this.measure = measure
    // Both end with the board, which lives as long as the editor does. `peek`: an effect that changes
    // the board must not come to depend on the count.
    const count = () => {
      this.#changes.value = this.#changes.peek() + 1
    }
    board.observe(count)
    board.history.observe(count)
  }

  /** Something read from the board, as a signal. */
  #following<Value>(read: () => Value): ReadonlySignal<Value> {
    return computed(() => {
      this.#changes.value
      return read()
    })
  }
}
