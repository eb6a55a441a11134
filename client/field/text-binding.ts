import * as Y from 'yjs'
import { carry, carryRange, difference, endOf, type Range, type Step } from './splice.ts'

/** The field is written at most once in so many ms, and at most half of the time. */
const PACE_MS = 16
const SLOWEST_PACE_MS = 1_000

/**
 * Keeps a `<textarea>` and a `Y.Text` the same.
 *
 * Own edits go into the text at once, as one small splice. Changes of others are *held* for a
 * moment and then shown together, because writing a textarea of 1 MB costs the browser 30 ms and
 * its layout another 200 to 400: with one write per change a busy text would leave no time to type.
 *
 * ```
 * input ──► push: difference(shown, field), carried over what is held ──► text
 * text  ──► held ──► (next pace, never during a composition) ──► show: field = text
 * ```
 *
 * So `shown` and `held` describe the same moment: `held` leads from `shown` to the text. An own
 * edit that meets held changes is carried over them, and they are shown with it. While an input
 * method composes, the field is not touched (writing it would end the composition); from the first
 * change of somebody else on, own edits then wait too, until the composition ends.
 */
export class TextBinding {
  readonly #field: HTMLTextAreaElement
  readonly #text: Y.Text
  readonly #undo: Y.UndoManager
  readonly #closing = new AbortController()
  #shown: string
  #held: (readonly Step[])[] = []
  #composing = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #pace = PACE_MS

  constructor(field: HTMLTextAreaElement, text: Y.Text) {
    this.#field = field
    this.#text = text
    // Undo takes back what this person did and nothing else, which the browser's own cannot know.
    this.#undo = new Y.UndoManager(text, { trackedOrigins: new Set([this]) })
    this.#shown = visible(text)
    field.value = this.#shown
    text.observe(this.#changed)

    const { signal } = this.#closing
    field.addEventListener('input', this.#typed, { signal })
    field.addEventListener('keydown', this.#pressed, { signal })
    field.addEventListener('beforeinput', this.#asked, { signal })
    field.addEventListener('compositionstart', () => this.#compose(true), { signal })
    field.addEventListener('compositionend', () => this.#compose(false), { signal })
    field.addEventListener('blur', () => this.#compose(false), { signal })
  }

  /** Lets go of both. What was typed is in the text; the field keeps what it shows. */
  close(): void {
    this.#closing.abort()
    clearTimeout(this.#timer)
    this.#text.unobserve(this.#changed)
    this.#undo.destroy()
  }

  readonly #typed = (): void => {
    if (this.#composing && this.#held.length > 0) return
    const caret = this.#push()
    if (this.#held.length > 0) this.#show(caret)
  }

  readonly #changed = (event: Y.YTextEvent, transaction: Y.Transaction): void => {
    if (transaction.origin === this) return
    this.#held.push(event.delta)
    this.#showSoon()
  }

  #compose(composing: boolean): void {
    this.#composing = composing
    // Some browsers send the last `input` only after `compositionend`, so nothing is shown here.
    if (!composing && this.#held.length > 0) this.#showSoon()
  }

  #showSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      if (!this.#composing) this.#show(this.#push())
    }, this.#pace)
  }

  /** Writes what the field has and the text has not. Returns where the caret is in the text then. */
  #push(): number | null {
    const field = this.#field
    const splice = difference(this.#shown, field.value, field.selectionEnd)
    if (splice === null) return null
    let at = splice.at
    let doomed: Range[] = [{ from: at, to: at + splice.remove }]
    for (const change of this.#held) {
      at = carry(at, change, 'left')
      doomed = doomed.flatMap((range) => carryRange(range, change))
    }
    // Half a surrogate pair can be pasted. It would become U+FFFD on its way to everybody else.
    const insert = splice.insert.toWellFormed()
    const { doc } = this.#text
    doc?.transact(() => {
      for (const { from, to } of doomed.toReversed()) this.#text.delete(from, to - from)
      this.#text.insert(at, insert)
    }, this)
    this.#shown = field.value
    if (insert !== splice.insert) this.#showSoon()
    return at + insert.length
  }

  /** Writes the text into the field. `caret` says where to put it; `null`: it stays at its letter. */
  #show(caret: number | null): void {
    const field = this.#field
    const { selectionStart, selectionEnd, selectionDirection, scrollTop } = field
    const empty = selectionStart === selectionEnd
    let start = selectionStart
    let end = selectionEnd
    for (const change of this.#held) {
      start = carry(start, change, empty ? 'left' : 'right')
      end = Math.max(start, carry(end, change, 'left'))
    }
    const began = performance.now()
    this.#held = []
    this.#shown = visible(this.#text)
    field.value = this.#shown
    field.setSelectionRange(caret ?? start, caret ?? end, selectionDirection)
    // Chromium stays where it was by itself, but nothing says that a browser must. Setting it also
    // makes the browser lay the text out, so that what is measured is the whole cost.
    field.scrollTop = scrollTop
    const cost = performance.now() - began
    this.#pace = Math.min(SLOWEST_PACE_MS, Math.max(PACE_MS, cost))
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.isComposing || event.altKey || !(event.ctrlKey || event.metaKey)) return
    const key = event.key.toLowerCase()
    if (key === 'z') this.#travel(event, event.shiftKey ? 'redo' : 'undo')
    else if (key === 'y' && event.ctrlKey) this.#travel(event, 'redo')
  }

  /** The same from a menu, or from shaking a phone. */
  readonly #asked = (event: InputEvent): void => {
    if (event.inputType === 'historyUndo') this.#travel(event, 'undo')
    else if (event.inputType === 'historyRedo') this.#travel(event, 'redo')
  }

  #travel(event: Event, direction: 'undo' | 'redo'): void {
    event.preventDefault()
    if (this.#composing) return
    // From here on nothing is held, so that what is held next is the journey's own.
    this.#show(this.#push())
    if (direction === 'undo') this.#undo.undo()
    else this.#undo.redo()
    const change = this.#held.at(-1)
    if (change === undefined) return
    this.#show(endOf(change))
    this.#reveal()
  }

  /** A browser scrolls to the caret when a field gets the focus, and on no other request. */
  #reveal(): void {
    const field = this.#field
    if (field.scrollHeight <= field.clientHeight) return
    field.blur()
    field.focus()
  }
}

/**
 * The text as the field shows it, unit by unit, so that an index means the same in both. A textarea
 * turns `\r\n` into one unit, and a picture in the text would take none: they get a stand-in.
 */
function visible(text: Y.Text): string {
  const steps: Step[] = text.toDelta()
  return steps
    .map(({ insert }) => (typeof insert === 'string' ? insert : '\ufffc'))
    .join('')
    .replaceAll('\r', '\u240d')
}
