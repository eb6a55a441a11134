import { batch } from '@preact/signals-core'
import * as Y from 'yjs'
import { toView } from '../../../client/whiteboard/editor/camera.ts'
import { Editor, type ToolName } from '../../../client/whiteboard/editor/editor.ts'
import { keepTidy } from '../../../client/whiteboard/editor/tidy.ts'
import type { Point } from '../../../client/whiteboard/geometry/point.ts'
import { openBoard } from '../../../client/whiteboard/model/open-board.ts'
import type { NewShape, Shape, ShapeId } from '../../../client/whiteboard/model/shape.ts'
import { createIndex } from '../../../client/whiteboard/scene/create-index.ts'
import { createTools } from '../../../client/whiteboard/tools/create-tools.ts'
import type { Gesture, Press } from '../../../client/whiteboard/tools/tool.ts'

type Held = Partial<Omit<Press, 'at' | 'inView'>>

/** Somebody at a board, with all the tools and no browser. */
export class Drawer {
  readonly doc = new Y.Doc()
  /** The origin of what is typed into texts. */
  readonly fingers = {}
  readonly board = openBoard(this.doc, { alsoOwn: [this.fingers] })
  readonly #measure = (text: string, size: number) => text.length * size * 0.5
  readonly index = createIndex(this.board, this.#measure)
  readonly editor = new Editor({
    board: this.board,
    live: this.board.live,
    index: this.index,
    measure: this.#measure,
  })
  readonly tools = createTools(this.editor)
  readonly #stopTidying = keepTidy(this.editor)

  constructor() {
    this.editor.view.value = { width: 1_000, height: 800 }
    this.editor.tool.value = 'select'
  }

  close(): void {
    this.#stopTidying()
    this.index.close()
    this.board.close()
    this.doc.destroy()
  }

  /** From now on both see at once what the other does. */
  meet(other: Drawer): void {
    for (const [from, to] of [
      [this.doc, other.doc],
      [other.doc, this.doc],
    ] as const) {
      from.on('update', (update: Uint8Array, origin: unknown) => {
        if (origin !== 'the other') Y.applyUpdate(to, update, 'the other')
      })
      Y.applyUpdate(to, Y.encodeStateAsUpdate(from), 'the other')
    }
  }

  press(at: Point, held: Held = {}): Press {
    return {
      at,
      inView: toView(at, this.editor.camera.value),
      pressure: 0.5,
      by: 'mouse',
      shift: false,
      alt: false,
      ctrl: false,
      clicks: 1,
      ...held,
    }
  }

  /** Chooses the tool and presses down. */
  down(tool: ToolName, at: Point, held: Held = {}): Gesture {
    this.editor.tool.value = tool
    const gesture = this.tools[tool].down(this.press(at, held))
    if (gesture === null) throw new Error(`${tool} does all there is to do at once`)
    return gesture
  }

  /** From the first place over the others, released at the last. */
  drag(tool: ToolName, way: readonly Point[], held: Held = {}): void {
    const [first, ...more] = way
    const gesture = this.down(tool, first!, held)
    for (const at of more) gesture.move([this.press(at, held)])
    gesture.up(this.press(way.at(-1)!, held))
  }

  click(tool: ToolName, at: Point, held: Held = {}): void {
    this.drag(tool, [at], held)
  }

  /** A double click is two clicks, the second of which says so. */
  doubleClick(at: Point): void {
    this.click('select', at)
    this.click('select', at, { clicks: 2 })
  }

  add(...shapes: readonly NewShape[]): ShapeId[] {
    return this.board.add(shapes)
  }

  select(...ids: readonly ShapeId[]): void {
    this.editor.selection.value = new Set(ids)
  }

  get selected(): ShapeId[] {
    return [...this.editor.selection.value]
  }

  get shapes(): Shape[] {
    return [...this.index.pile()]
  }

  /** Everything about the board and this person's state that a cancelled gesture must not change. */
  get state(): unknown {
    const { selection, draft, stretch, marquee, erasing, editing } = this.editor
    return batch(() => ({
      shapes: this.shapes,
      live: [...this.board.live.strokes()].length,
      selection: new Set(selection.value),
      draft: draft.value,
      stretch: stretch.value,
      marquee: marquee.value,
      erasing: erasing.value,
      editing: editing.value,
    }))
  }

  /** How many steps can be taken back; they are all there again afterwards. */
  get steps(): number {
    let steps = 0
    while (this.board.history.canUndo) {
      this.board.history.undo()
      steps += 1
    }
    for (let step = 0; step < steps; step += 1) this.board.history.redo()
    return steps
  }
}

const look = { colour: 0, size: 1, fill: 2 }

export const box = (x: number, y: number, width = 100, height = 100): NewShape => ({
  kind: 'rectangle',
  at: [x, y],
  size: [width, height],
  look,
})

export const line = (from: Point, to: Point): NewShape => ({
  kind: 'line',
  at: from,
  size: [to[0] - from[0], to[1] - from[1]],
  look: { ...look, size: 0 },
})

export const words = (kind: 'text' | 'note', x: number, y: number, text: string): NewShape => ({
  kind,
  at: [x, y],
  size: kind === 'note' ? [200, 200] : [0, 0],
  look,
  text,
})
