import { effect, type ReadonlySignal } from '@preact/signals-core'
import { TextBinding } from '../../field/text-binding.ts'
import { panned, toView } from '../editor/camera.ts'
import { endEditing } from '../editor/editing.ts'
import type { Editor } from '../editor/editor.ts'
import { MOST_TEXT } from '../model/limits.ts'
import type { OpenBoard } from '../model/open-board.ts'
import type { ShapeId, Writing } from '../model/shape.ts'
import { LINE_HEIGHT } from '../scene/sizes.ts'
import { colourOf, FONT, THEMES, type ThemeName } from '../scene/theme.ts'
import { baselineOf } from './baseline.ts'
import { fieldPlace } from './field-place.ts'

interface TextFieldParts {
  readonly host: HTMLElement
  readonly editor: Editor
  readonly board: OpenBoard
  readonly theme: ReadonlySignal<ThemeName>
}

/** Shows a field over the words that are being edited. Returns the way out. */
export function showTextField(parts: TextFieldParts): () => void {
  let open: TextField | null = null
  const stop = parts.editor.editing.subscribe((id) => {
    open?.close()
    open = id === null ? null : TextField.open(id, parts)
  })
  return () => {
    stop()
    open?.close()
  }
}

/**
 * A `<textarea>` that lies exactly on the words of a shape, which the canvas leaves out meanwhile.
 * It is laid out in units of the board and enlarged as a whole, so that its lines break alike at
 * every zoom. It goes along when the board is moved, and when somebody else moves the shape.
 */
class TextField {
  readonly #parts: TextFieldParts
  readonly #id: ShapeId
  readonly #field: HTMLTextAreaElement
  readonly #binding: TextBinding
  readonly #closing = new AbortController()
  readonly #forget: (() => void)[]
  #isClosed = false

  static open(id: ShapeId, parts: TextFieldParts): TextField | null {
    const shape = parts.board.get(id)
    const text = parts.board.text(id)
    if (text === null || shape === null || !('text' in shape)) return null
    const field = document.createElement('textarea')
    field.setAttribute('aria-label', shape.kind === 'note' ? 'Text of the note' : 'Text')
    field.maxLength = MOST_TEXT
    Object.assign(field.style, LOOK)
    return new TextField(id, parts, field, new TextBinding(field, text))
  }

  private constructor(
    id: ShapeId,
    parts: TextFieldParts,
    field: HTMLTextAreaElement,
    binding: TextBinding,
  ) {
    this.#id = id
    this.#parts = parts
    this.#field = field
    this.#binding = binding
    const { board, editor, host, theme } = parts
    board.history.cut()
    host.append(field)
    const { signal } = this.#closing
    field.addEventListener('keydown', this.#key, { signal })
    field.addEventListener('blur', this.#blur, { signal })
    window.visualViewport?.addEventListener('resize', this.#reveal, { signal })
    this.#forget = [
      board.observe((changes) => {
        if (changes.some((change) => change.id === id)) this.#lay()
      }),
      effect(() => {
        theme.value
        this.#lay()
      }),
      editor.camera.subscribe(() => this.#move()),
    ]
    field.focus({ preventScroll: true })
    field.setSelectionRange(field.value.length, field.value.length)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#closing.abort()
    for (const forget of this.#forget) forget()
    const hadFocus = document.activeElement === this.#field
    // Ends a composition: what it made so far is an edit like any other. Had somebody else written
    // meanwhile, the binding would take it only after a moment.
    this.#field.blur()
    this.#field.dispatchEvent(new Event('input'))
    this.#field.remove()
    this.#binding.close()
    this.#parts.board.history.cut()
    if (hadFocus) this.#parts.host.focus({ preventScroll: true })
  }

  get #shape(): Writing | null {
    const shape = this.#parts.board.get(this.#id)
    return shape !== null && 'text' in shape ? shape : null
  }

  readonly #key = (event: KeyboardEvent): void => {
    const leaves = event.key === 'Enter' && (event.ctrlKey || event.metaKey)
    if (event.isComposing || (event.key !== 'Escape' && !leaves)) return
    event.preventDefault()
    endEditing(this.#parts.editor)
  }

  /** The focus went elsewhere on the page: by Tab, by a phone's keyboard that was put away. */
  readonly #blur = (): void => {
    // Later, because the field itself lets go of the focus for a moment to scroll to its caret.
    setTimeout(() => {
      if (this.#isClosed || !document.hasFocus()) return
      if (document.activeElement !== this.#field) endEditing(this.#parts.editor)
    })
  }

  /** Size, letters and colour, after the shape or its words have changed. */
  #lay(): void {
    const shape = this.#shape
    if (shape === null) return
    const { editor, theme } = this.#parts
    const { style } = this.#field
    let place = fieldPlace(shape, editor.measure)
    const colours = THEMES[theme.value]
    style.color = colourOf(colours, shape.kind === 'note' ? 'onNote' : 'line', shape.look)
    style.textAlign = shape.kind === 'note' ? 'center' : 'start'
    style.font = `${place.size}px/${LINE_HEIGHT} ${FONT}`
    style.whiteSpace = place.wraps ? 'pre-wrap' : 'pre'
    style.width = `${place.width}px`
    style.height = `${place.height}px`
    const { scrollHeight } = this.#field
    if (scrollHeight > place.height + 1) {
      place = fieldPlace(shape, editor.measure, scrollHeight)
      style.height = `${place.height}px`
    }
    // Only words that have no room on their note are scrolled.
    style.overflowY = scrollHeight > place.height + 1 ? 'auto' : 'hidden'
    const top = place.y + place.baseline - baselineOf(place.size)
    style.left = `${place.x}px`
    style.top = `${top}px`
    style.transformOrigin = `${-place.x}px ${-top}px`
    this.#move()
  }

  #move(): void {
    const shape = this.#shape
    if (shape === null) return
    const camera = this.#parts.editor.camera.peek()
    const [x, y] = toView(shape.at, camera)
    this.#field.style.transform = `translate(${x}px, ${y}px) scale(${camera.zoom})`
  }

  /** A phone's keyboard came up: the words must not stay under it. */
  readonly #reveal = (): void => {
    const viewport = window.visualViewport
    if (viewport === null) return
    const { bottom, height } = this.#field.getBoundingClientRect()
    const hidden = bottom - (viewport.offsetTop + viewport.height)
    if (hidden <= 0) return
    const { camera } = this.#parts.editor
    camera.value = panned(camera.peek(), [0, -(hidden + Math.min(height, 24))])
  }
}

const LOOK = {
  position: 'absolute',
  boxSizing: 'content-box',
  margin: '0',
  padding: '0',
  border: '0',
  outline: 'none',
  resize: 'none',
  background: 'none',
  borderRadius: '0',
  overflow: 'hidden',
  tabSize: '4',
  // As the canvas breaks lines: between words, and within one only if it is wider than a line.
  wordBreak: 'keep-all',
  overflowWrap: 'anywhere',
  userSelect: 'text',
  cursor: 'text',
} as const
