import { toBoard } from '../editor/camera.ts'
import type { Editor, ToolName } from '../editor/editor.ts'
import type { Gesture, Press, Tool } from '../tools/tool.ts'

/** What a keyboard holds down while a pointer moves. */
export type Held = Pick<Press, 'shift' | 'alt' | 'ctrl'>

interface Under {
  readonly tool: ToolName
  readonly gesture: Gesture
  readonly last: Press
  /** The pointer's look from before, if the tool is only lent: a hand for as long as space is held. */
  readonly mouse: string | null
}

/**
 * The gesture that is under way, of whichever pointer or key: there is one at a time.
 *
 * ```
 * none ── begin ──► under way ── up, cancel, lose ──► none
 * ```
 *
 * While it is under way, what changes besides the pointer is told as a move as well: the board that
 * slides away under a pointer that rests, and Shift.
 */
export class Gestures {
  readonly #editor: Editor
  readonly #tools: Readonly<Record<ToolName, Tool>>
  readonly #forget: (() => void)[]
  #under: Under | null = null
  #chosen: ToolName

  constructor(editor: Editor, tools: Readonly<Record<ToolName, Tool>>) {
    this.#editor = editor
    this.#tools = tools
    this.#chosen = editor.tool.peek()
    this.#forget = [
      editor.tool.subscribe((tool) => this.#choose(tool)),
      editor.camera.subscribe(() => this.#slide()),
    ]
  }

  /** The tool that is at work just now. */
  get tool(): ToolName | null {
    return this.#under?.tool ?? null
  }

  get last(): Press | null {
    return this.#under?.last ?? null
  }

  /** Puts `tool` down; what is under way is over. */
  begin(tool: ToolName, press: Press): void {
    this.lose()
    const chosen = this.#editor.tool.peek()
    const mouse = tool === chosen ? null : this.#editor.mouse.peek()
    const gesture = this.#tools[tool].down(press)
    if (gesture !== null) this.#under = { tool, gesture, last: press, mouse }
    else if (mouse !== null) this.#editor.mouse.value = mouse
  }

  move(presses: readonly Press[]): void {
    const last = presses.at(-1)
    if (this.#under === null || last === undefined) return
    const { gesture } = this.#under
    this.#under = { ...this.#under, last }
    gesture.move(presses)
  }

  /** Something else is held down now. */
  hold(held: Held): void {
    const { last } = this
    // With the crosshair they say how far it goes.
    if (last === null || last.by === 'keyboard') return
    if (last.shift === held.shift && last.alt === held.alt && last.ctrl === held.ctrl) return
    this.move([{ ...last, ...held }])
  }

  hover(press: Press): void {
    if (this.#under === null) this.#tools[this.#chosen].hover?.(press)
  }

  up(press: Press): void {
    this.#end((gesture) => gesture.up(press))
  }

  cancel(): void {
    this.#end((gesture) => gesture.cancel())
  }

  /** The pointer is gone and nobody lifted it. What was drawn so far stays; the rest is off. */
  lose(): void {
    const { last } = this
    if (last !== null && (this.#draws() || this.tool === 'hand')) this.up(last)
    else this.cancel()
  }

  close(): void {
    this.lose()
    for (const forget of this.#forget) forget()
  }

  #draws(): boolean {
    return this.tool === 'pen' || this.tool === 'highlighter'
  }

  #end(how: (gesture: Gesture) => void): void {
    if (this.#under === null) return
    const { gesture, mouse } = this.#under
    this.#under = null
    how(gesture)
    if (mouse !== null) this.#editor.mouse.value = mouse
  }

  #choose(tool: ToolName): void {
    if (tool === this.#chosen) return
    this.lose()
    this.#tools[this.#chosen].leave?.()
    this.#chosen = tool
  }

  #slide(): void {
    const { last } = this
    // The hand does that itself, and a crosshair lies on the board.
    if (last === null || this.tool === 'hand' || last.by === 'keyboard') return
    this.move([{ ...last, at: toBoard(last.inView, this.#editor.camera.peek()) }])
  }
}
