import { toBoard } from '../editor/camera.ts'
import { endEditing } from '../editor/editing.ts'
import type { Editor, ToolName } from '../editor/editor.ts'
import type { Point } from '../geometry/point.ts'
import { distance } from '../geometry/point.ts'
import type { Press } from '../tools/tool.ts'
import { ClickCount } from './click-count.ts'
import type { Crosshair } from './crosshair.ts'
import type { Gestures } from './gestures.ts'
import { isMac } from './is-mac.ts'
import { pinched } from './pinch.ts'
import type { SpaceKey } from './space-key.ts'

/** A second finger this soon means two fingers; later it is the heel of a hand. */
const FIRST_MOMENTS_MS = 300
/** Or this late, while the first has not gone so far. */
const FIRST_PX = 12

const LEFT = 0
const MIDDLE = 1
const ERASER_END = 32

type By = 'mouse' | 'pen' | 'touch'
type State =
  | { readonly is: 'up' }
  | {
      readonly is: 'down'
      readonly pointer: number
      readonly by: By
      readonly since: number
      readonly from: Point
      readonly clicks: number
      /** Of the last position: a pen that lifts has none any more. */
      readonly pressure: number
    }
  | { readonly is: 'pinch'; readonly pointers: readonly [number, number] }

interface PointersParts {
  readonly host: HTMLElement
  readonly editor: Editor
  readonly gestures: Gestures
  readonly crosshair: Crosshair
  readonly space: SpaceKey
}

/**
 * Mouse, pen and fingers on the board.
 *
 * ```
 * up ── press ──► down ── release, lost ──► up
 * down (a finger) ── a second finger, soon ──► pinch ── one lifts ──► down (moving the board)
 * ```
 *
 * Once a pen was seen, fingers only move the board: the hand that holds a pen rests on the glass.
 */
export class Pointers {
  readonly #host: HTMLElement
  readonly #editor: Editor
  readonly #gestures: Gestures
  readonly #crosshair: Crosshair
  readonly #space: SpaceKey
  readonly #clicks = new ClickCount()
  readonly #closing = new AbortController()
  /** The fingers on the board, and where they are in the view. */
  readonly #fingers = new Map<number, Point>()
  readonly #forget: () => void
  #state: State = { is: 'up' }
  #penSeen = false
  /** Where the pointer rests in the view. */
  #rests: Point | null = null
  /** The corner of the host in the window; asking for it costs a layout. */
  #corner: Point = [0, 0]

  constructor({ host, editor, gestures, crosshair, space }: PointersParts) {
    this.#host = host
    this.#editor = editor
    this.#gestures = gestures
    this.#crosshair = crosshair
    this.#space = space

    const { signal } = this.#closing
    host.addEventListener('pointerdown', this.#down, { signal })
    host.addEventListener('pointermove', this.#move, { signal })
    host.addEventListener('pointerup', this.#up, { signal })
    host.addEventListener('pointercancel', this.#lost, { signal })
    host.addEventListener('lostpointercapture', this.#lost, { signal })
    host.addEventListener('pointerenter', this.#measure, { signal })
    host.addEventListener('pointerleave', this.#leave, { signal })
    host.addEventListener('mousedown', this.#keepFocus, { signal })
    // The middle button pastes on Linux.
    for (const type of ['mouseup', 'auxclick'] as const) {
      host.addEventListener(type, stopMiddle, { signal })
    }
    host.addEventListener('touchmove', keepFromScrolling, { signal, passive: false })
    host.addEventListener('contextmenu', this.#menu, { signal })
    addEventListener('resize', this.#measure, { signal })
    addEventListener('scroll', this.#measure, { signal, passive: true })
    addEventListener('blur', this.#loseAll, { signal })
    document.addEventListener('visibilitychange', this.#hidden, { signal })
    this.#forget = editor.camera.subscribe(() => this.#rest())
  }

  /** Where something at a place of the window is in the view. */
  inView({ clientX, clientY }: { clientX: number; clientY: number }): Point {
    return [clientX - this.#corner[0], clientY - this.#corner[1]]
  }

  /** How many of them are on the board. */
  get fingers(): number {
    return this.#fingers.size
  }

  close(): void {
    this.#loseAll()
    this.#closing.abort()
    this.#forget()
  }

  readonly #down = (event: PointerEvent): void => {
    if (isSomethingElse(event.target)) return
    this.#measure()
    const by = kindOf(event)
    if (by === 'pen') this.#penSeen = true
    if (by === 'touch') {
      this.#fingers.set(event.pointerId, this.inView(event))
      if (this.#state.is !== 'up') this.#secondFinger()
      else this.#press(event, by, this.#penSeen ? 'hand' : this.#editor.tool.peek())
      return
    }
    // A pen that touches down takes over from the hand that came to rest before it.
    if (this.#state.is === 'pinch' || (this.#state.is === 'down' && this.#state.by === 'touch')) {
      if (by === 'mouse') return
      this.#gestures.cancel()
      this.#state = { is: 'up' }
    }
    if (this.#state.is !== 'up') return
    const tool = this.#toolOf(event)
    if (tool !== null) this.#press(event, by, tool)
  }

  #toolOf({ button, buttons, ctrlKey }: PointerEvent): ToolName | null {
    if (button === MIDDLE) return 'hand'
    if ((buttons & ERASER_END) !== 0) return 'eraser'
    // On a Mac that opens the menu.
    if (button !== LEFT || (ctrlKey && isMac)) return null
    return this.#space.held ? 'hand' : this.#editor.tool.peek()
  }

  #press(event: PointerEvent, by: By, tool: ToolName): void {
    const { pointerId, timeStamp } = event
    const from = this.inView(event)
    const clicks = this.#clicks.press(from, timeStamp, by)
    const pressure = pressureOf(event)
    this.#state = { is: 'down', pointer: pointerId, by, since: timeStamp, from, clicks, pressure }
    this.#space.use()
    this.#crosshair.hide()
    this.#follow(pointerId)

    const wasEditing = this.#editor.editing.peek() !== null
    if (wasEditing) endEditing(this.#editor)
    this.#host.focus({ preventScroll: true })
    // The press beside a text ends its editing; it does not begin the next one.
    if (wasEditing && (tool === 'text' || tool === 'note')) return
    const press = this.#pressOf(event, by, clicks, pressure)
    this.#editor.pointer.value = press.at
    this.#gestures.begin(tool, press)
  }

  /** From here on the browser sends us the pointer, wherever it goes. */
  #follow(pointer: number): void {
    try {
      this.#host.setPointerCapture(pointer)
    } catch {
      // Lifted already: its `pointerup` is under way.
    }
  }

  #secondFinger(): void {
    const state = this.#state
    if (state.is !== 'down' || state.by !== 'touch' || this.#fingers.size !== 2) return
    const at = this.#fingers.get(state.pointer)
    if (at === undefined) return
    const early =
      performance.now() - state.since < FIRST_MOMENTS_MS || distance(at, state.from) < FIRST_PX
    if (this.#gestures.tool === 'hand') this.#gestures.lose()
    else if (early || this.#gestures.tool === null) this.#gestures.cancel()
    else return
    this.#clicks.forget()
    const [first, second] = [...this.#fingers.keys()]
    if (first === undefined || second === undefined) return
    this.#follow(first)
    this.#follow(second)
    this.#state = { is: 'pinch', pointers: [first, second] }
    this.#editor.pointer.value = null
  }

  readonly #move = (event: PointerEvent): void => {
    const state = this.#state
    const { pointerId } = event
    if (event.pointerType === 'pen') this.#penSeen = true
    if (state.is === 'pinch') this.#pinch(state.pointers, event)
    else if (state.is === 'down' && state.pointer === pointerId) this.#drag(state, event)
    else if (state.is === 'up' && event.pointerType !== 'touch') this.#hover(event)
    if (this.#fingers.has(pointerId)) this.#fingers.set(pointerId, this.inView(event))
  }

  #pinch([first, second]: readonly [number, number], event: PointerEvent): void {
    const a = this.#fingers.get(first)
    const b = this.#fingers.get(second)
    if (a === undefined || b === undefined) return
    const now = this.inView(event)
    const { camera } = this.#editor
    if (event.pointerId === first) camera.value = pinched(camera.peek(), [a, b], [now, b])
    else if (event.pointerId === second) camera.value = pinched(camera.peek(), [a, b], [a, now])
  }

  #drag(state: State & { is: 'down' }, event: PointerEvent): void {
    if (event.buttons === 0) {
      // Released where nobody told us.
      this.#lost(event)
      return
    }
    const { by, clicks } = state
    const all = event.getCoalescedEvents?.() ?? []
    const presses = (all.length === 0 ? [event] : all).map((one) =>
      this.#pressOf(one, by, clicks, pressureOf(one), event),
    )
    const last = presses.at(-1)
    if (last === undefined) return
    this.#state = { ...state, pressure: last.pressure }
    this.#clicks.drag(last.inView)
    this.#gestures.move(presses)
    this.#rests = by === 'touch' ? null : last.inView
    // After the gesture, which may have moved the board.
    this.#editor.pointer.value = toBoard(last.inView, this.#editor.camera.peek())
  }

  #hover(event: PointerEvent): void {
    if (isSomethingElse(event.target)) {
      this.#leave(event)
      return
    }
    const at = this.inView(event)
    const rests = this.#rests
    // Browsers repeat the last position when something moves under the pointer.
    if (rests !== null && rests[0] === at[0] && rests[1] === at[1]) return
    this.#rests = at
    this.#space.use()
    if (this.#gestures.last?.by === 'keyboard') return
    this.#crosshair.hide()
    const press = this.#pressOf(event, kindOf(event), 0, 0)
    this.#editor.pointer.value = press.at
    this.#gestures.hover(press)
  }

  readonly #up = (event: PointerEvent): void => {
    const state = this.#state
    const { pointerId } = event
    this.#fingers.delete(pointerId)
    if (state.is === 'pinch') this.#unpinch(state.pointers)
    else if (state.is === 'down' && state.pointer === pointerId) {
      const { by, clicks, pressure } = state
      this.#state = { is: 'up' }
      this.#gestures.up(this.#pressOf(event, by, clicks, pressure))
      if (by === 'touch') this.#leave(event)
    }
  }

  /** The finger that is left goes on moving the board. */
  #unpinch(pointers: readonly [number, number]): void {
    const pointer = pointers.find((one) => this.#fingers.has(one))
    const inView = pointer === undefined ? undefined : this.#fingers.get(pointer)
    if (pointer === undefined || inView === undefined) {
      this.#state = { is: 'up' }
      return
    }
    if (pointers.every((one) => this.#fingers.has(one))) return
    const at = toBoard(inView, this.#editor.camera.peek())
    const since = performance.now()
    this.#state = {
      is: 'down',
      pointer,
      by: 'touch',
      since,
      from: inView,
      clicks: 0,
      pressure: 0.5,
    }
    const press: Press = { at, inView, pressure: 0.5, by: 'touch', ...NOTHING_HELD, clicks: 0 }
    this.#gestures.begin('hand', press)
  }

  /** The system took the pointer away. */
  readonly #lost = (event: PointerEvent): void => {
    const state = this.#state
    if (state.is === 'down' && state.pointer === event.pointerId) {
      this.#state = { is: 'up' }
      this.#gestures.lose()
      this.#clicks.forget()
    }
    this.#fingers.delete(event.pointerId)
    if (state.is === 'pinch') this.#unpinch(state.pointers)
  }

  readonly #loseAll = (): void => {
    this.#state = { is: 'up' }
    this.#fingers.clear()
    this.#gestures.lose()
    this.#clicks.forget()
    this.#space.release()
  }

  readonly #hidden = (): void => {
    if (document.visibilityState === 'hidden') this.#loseAll()
  }

  readonly #leave = (event: PointerEvent): void => {
    if (this.#state.is !== 'up' && kindOf(event) !== 'touch') return
    this.#rests = null
    if (!this.#crosshair.shown) this.#editor.pointer.value = null
  }

  /** The board moved under a pointer that rests. */
  #rest(): void {
    if (this.#rests === null || this.#crosshair.shown) return
    this.#editor.pointer.value = toBoard(this.#rests, this.#editor.camera.peek())
  }

  readonly #measure = (): void => {
    const { left, top } = this.#host.getBoundingClientRect()
    this.#corner = [left, top]
  }

  /** A press must not take the focus from the text field that it opens. */
  readonly #keepFocus = (event: MouseEvent): void => {
    if (!isSomethingElse(event.target)) event.preventDefault()
  }

  readonly #menu = (event: MouseEvent): void => {
    // A finger that rests while it draws asks for no menu.
    if (this.#fingers.size > 0 || Reflect.get(event, 'pointerType') === 'touch') {
      event.preventDefault()
    }
  }

  #pressOf(event: PointerEvent, by: By, clicks: number, pressure: number, held = event): Press {
    const inView = this.inView(event)
    return {
      at: toBoard(inView, this.#editor.camera.peek()),
      inView,
      pressure,
      by,
      shift: held.shiftKey,
      alt: held.altKey,
      ctrl: held.ctrlKey || held.metaKey,
      clicks,
    }
  }
}

const NOTHING_HELD = { shift: false, alt: false, ctrl: false } as const

function kindOf({ pointerType }: PointerEvent): By {
  return pointerType === 'pen' || pointerType === 'touch' ? pointerType : 'mouse'
}

/** Only pens tell: glass says 0, 0.5 or 1 of a finger, each browser its own. */
const pressureOf = ({ pointerType, pressure }: PointerEvent) =>
  pointerType === 'pen' ? Math.min(1, Math.max(0, pressure)) : 0.5

/** The text field and what else lies upon the board and is used by itself. */
const isSomethingElse = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('textarea, input, button, a, select') !== null

const stopMiddle = (event: MouseEvent): void => {
  if (event.button === MIDDLE) event.preventDefault()
}

/**
 * A swift stroke is a fling to Chromium, which takes the next tap for what stops it: a button tapped
 * within the second hears of no click. Seen, in spite of `touch-action: none`, with the touches that
 * DevTools sends; what is prevented here is no fling anywhere.
 */
const keepFromScrolling = (event: TouchEvent): void => {
  if (event.cancelable && !isSomethingElse(event.target)) event.preventDefault()
}
