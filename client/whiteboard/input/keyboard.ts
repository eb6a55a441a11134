import type { Action } from '../editor/actions.ts'
import { panned } from '../editor/camera.ts'
import type { Editor } from '../editor/editor.ts'
import { nudge } from '../editor/nudge.ts'
import type { Point } from '../geometry/point.ts'
import type { Crosshair } from './crosshair.ts'
import type { Gestures, Held } from './gestures.ts'
import { isMac } from './is-mac.ts'
import { isKey, type KeyName, parseKey } from './keys.ts'
import type { SpaceKey } from './space-key.ts'

const PAN_PX = 64
const NUDGE_PX = { plain: 1, shift: 10 }
const STEP_PX = { plain: 10, shift: 50, alt: 1 }

/** What may happen again and again while its keys are held down. */
const REPEATS: ReadonlySet<string> = new Set([
  'undo',
  'redo',
  'zoom-in',
  'zoom-out',
  'select-next',
  'select-previous',
])

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

interface KeyboardParts {
  readonly host: HTMLElement
  readonly editor: Editor
  readonly actions: readonly Action[]
  readonly gestures: Gestures
  readonly crosshair: Crosshair
  readonly space: SpaceKey
}

/**
 * The keys of the board. Actions listen on the whole page, except where somebody types or a dialog
 * is open; arrows, Enter and Space only where the board itself has the focus, because a button or a
 * list has its own use for them. Tab is nobody's: it leads off the board.
 */
export class Keyboard {
  readonly #host: HTMLElement
  readonly #editor: Editor
  readonly #gestures: Gestures
  readonly #crosshair: Crosshair
  readonly #space: SpaceKey
  readonly #table: readonly { readonly name: KeyName; readonly action: Action }[]
  readonly #closing = new AbortController()

  constructor({ host, editor, actions, gestures, crosshair, space }: KeyboardParts) {
    this.#host = host
    this.#editor = editor
    this.#gestures = gestures
    this.#crosshair = crosshair
    this.#space = space
    this.#table = actions.flatMap((action) =>
      action.keys.map((key) => ({ name: parseKey(key), action })),
    )
    const { signal } = this.#closing
    document.addEventListener('keydown', this.#down, { signal })
    document.addEventListener('keyup', this.#up, { signal })
  }

  close(): void {
    this.#closing.abort()
  }

  readonly #down = (event: KeyboardEvent): void => {
    this.#gestures.hold(heldOf(event))
    if (event.defaultPrevented || event.isComposing || isTyping(event.target)) return
    const taken = this.#isOnBoard(event.target)
      ? this.#onBoard(event) || this.#act(event)
      : this.#act(event)
    if (taken) event.preventDefault()
  }

  readonly #up = (event: KeyboardEvent): void => {
    this.#gestures.hold(heldOf(event))
    if (event.key !== ' ' || !this.#space.release()) return
    if (this.#crosshair.shown && this.#isOnBoard(event.target)) this.#crosshair.press()
  }

  #isOnBoard(target: EventTarget | null): boolean {
    return target === this.#host || target === document.body
  }

  #onBoard(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey) return false
    const way = ARROWS[event.key]
    if (way !== undefined) return this.#go(way, event)
    if (event.key === ' ') {
      this.#space.press()
      return true
    }
    if (event.key === 'Enter' && this.#crosshair.useful) {
      if (!event.repeat) this.#crosshair.press()
      return true
    }
    return false
  }

  #go([x, y]: Point, event: KeyboardEvent): boolean {
    const { camera, selection, tool } = this.#editor
    const held = heldOf(event)
    if (this.#crosshair.useful) {
      const px = held.shift ? STEP_PX.shift : held.alt ? STEP_PX.alt : STEP_PX.plain
      this.#crosshair.move([x * px, y * px])
      return true
    }
    // Alt and an arrow is the browser's way back.
    if (held.alt) return false
    if (tool.peek() === 'select' && selection.peek().size > 0) {
      if (this.#gestures.tool !== null) return true
      const px = (held.shift ? NUDGE_PX.shift : NUDGE_PX.plain) / camera.peek().zoom
      nudge(this.#editor, [x * px, y * px])
      const { x: left, y: top } = this.#editor.frame.peek() ?? { x: 0, y: 0 }
      this.#editor.announcement.value = `Moved to ${Math.round(left)}, ${Math.round(top)}`
      return true
    }
    camera.value = panned(camera.peek(), [-x * PAN_PX, -y * PAN_PX])
    return true
  }

  #act(event: KeyboardEvent): boolean {
    if (event.key === 'Escape' && this.#escape()) return true
    const stroke = {
      key: event.key,
      code: event.code,
      ctrlKey: event.ctrlKey,
      metaKey: event.metaKey,
      shiftKey: event.shiftKey,
      altKey: event.altKey,
      altGraph: event.getModifierState('AltGraph'),
    }
    const found = this.#table.filter(({ name }) => isKey(stroke, name, isMac))
    const ready = found.find(({ action }) => action.enabled?.() ?? true)
    if (ready === undefined) {
      // Ctrl+D with nothing selected is not meant for the browser's bookmarks either.
      return found.some(({ name }) => name.ctrl)
    }
    const { action } = ready
    // On a button these keys press the button.
    if (ready.name.key === 'Enter' && !this.#isOnBoard(event.target)) return false
    if (event.repeat && !REPEATS.has(action.id)) return true
    // A look around does not disturb what is being drawn; all else comes after it.
    if (action.group !== 'view') this.#gestures.lose()
    action.run()
    // Who chose a tool by its letter wants to use it.
    if (action.group === 'tools') this.#host.focus({ preventScroll: true })
    return true
  }

  #escape(): boolean {
    if (this.#crosshair.escape()) return true
    if (this.#gestures.tool === null) return false
    this.#gestures.cancel()
    return true
  }
}

const heldOf = ({ shiftKey, altKey, ctrlKey, metaKey }: KeyboardEvent): Held => ({
  shift: shiftKey,
  alt: altKey,
  ctrl: ctrlKey || metaKey,
})

/** Whether keys and the clipboard belong to somebody else just now. */
export function isTyping(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open]') !== null) return true
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.closest('[role="menu"], [role="listbox"]') !== null) {
    return true
  }
  return target instanceof HTMLInputElement
    ? !PRESSED_TYPES.has(target.type)
    : target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
}

/** Fields that nobody writes into. */
const PRESSED_TYPES: ReadonlySet<string> = new Set(['button', 'submit', 'checkbox', 'color'])
