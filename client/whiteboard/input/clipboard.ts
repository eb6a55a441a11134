import { toBoard } from '../editor/camera.ts'
import { chooseTool } from '../editor/choose-tool.ts'
import type { Editor } from '../editor/editor.ts'
import { nameOfAll } from '../editor/name-of.ts'
import { boxAround, centreOf } from '../geometry/box.ts'
import { distance, minus, type Point, plus } from '../geometry/point.ts'
import type { NewShape, ShapeId } from '../model/shape.ts'
import { frameOf } from '../scene/bounds.ts'
import { letterSize } from '../scene/sizes.ts'
import { cleanWords, fromClipboard, MOST_SHAPES, toClipboard } from './clipboard-format.ts'
import { isTyping } from './keyboard.ts'

/** What is pasted again and again at one place does not cover itself; in pixels. */
const AGAIN_PX = 16
/** Words with longer lines wrap, at so many letters' heights. */
const LONG_LINE = 60
const WRAP_LETTERS = 24

/**
 * Copy, cut and paste by the browser's own events, which need no permission and work without https.
 * Returns the way out.
 */
export function attachClipboard(editor: Editor): () => void {
  const { board, selection, announcement } = editor
  const closing = new AbortController()
  let last: { readonly at: Point; readonly times: number } | null = null

  const copy = (event: ClipboardEvent): boolean => {
    if (isElsewhere(event) || event.clipboardData === null) return false
    const chosen = editor.index.pile().filter(({ id }) => selection.peek().has(id))
    if (chosen.length === 0) return false
    if (chosen.length > MOST_SHAPES) {
      announcement.value = `Too much to copy: ${MOST_SHAPES.toLocaleString('en')} shapes are the most`
      return false
    }
    const { html, text } = toClipboard(chosen)
    event.clipboardData.setData('text/html', html)
    event.clipboardData.setData('text/plain', text)
    event.preventDefault()
    announcement.value = `${nameOfAll(chosen)} ${event.type === 'cut' ? 'cut' : 'copied'}`
    last = null
    return true
  }

  const cut = (event: ClipboardEvent): void => {
    if (!copy(event)) return
    board.history.cut()
    board.remove(selection.peek())
    selection.value = new Set()
  }

  const paste = (event: ClipboardEvent): void => {
    const data = event.clipboardData
    if (isElsewhere(event) || data === null) return
    event.preventDefault()
    const shapes = fromClipboard(data.getData('text/html')) ?? textShape(data.getData('text/plain'))
    if (shapes.length > 0) put(shapes)
    else if (data.files.length > 0) announcement.value = 'Pictures cannot be pasted on a board'
    else announcement.value = 'There is nothing to paste'
  }

  const put = (shapes: readonly NewShape[]): void => {
    const to = place()
    const box = boxAround(shapes.map((shape) => frameOf(onBoard(shape), editor.measure)))
    const by = minus(to, box === null ? to : centreOf(box))
    chooseTool(editor, 'select')
    board.history.cut()
    const ids = board.add(shapes.map((shape) => ({ ...shape, at: plus(shape.at, by) })))
    selection.value = new Set(ids)
    announcement.value = `${nameOfAll(editor.selected.peek())} pasted`
  }

  /** Where the pointer is, else in the middle of the view. */
  const place = (): Point => {
    const { width, height } = editor.view.peek()
    const camera = editor.camera.peek()
    const at = editor.pointer.peek() ?? toBoard([width / 2, height / 2], camera)
    const same = last !== null && distance(last.at, at) * camera.zoom < AGAIN_PX
    last = same && last !== null ? { at: last.at, times: last.times + 1 } : { at, times: 0 }
    const off = (last.times * AGAIN_PX) / camera.zoom
    return plus(last.at, [off, off])
  }

  const textShape = (words: string): NewShape[] => {
    const text = cleanWords(words).trimEnd()
    if (text.trim() === '') return []
    const look = editor.look.peek()
    const isLong = text.split('\n').some((line) => line.length > LONG_LINE)
    const width = isLong ? WRAP_LETTERS * letterSize(look) : 0
    return [{ kind: 'text', at: [0, 0], size: [width, 0], look, text }]
  }

  const { signal } = closing
  document.addEventListener('copy', copy, { signal })
  document.addEventListener('cut', cut, { signal })
  document.addEventListener('paste', paste, { signal })
  return () => closing.abort()
}

/** To ask where it would be if it were on the board. */
const onBoard = (shape: NewShape) => ({ ...shape, id: '' as ShapeId, order: '' })

/** Somebody writes, or has marked words on the page to copy them. */
function isElsewhere(event: ClipboardEvent): boolean {
  if (event.defaultPrevented || isTyping(event.target) || isTyping(document.activeElement)) {
    return true
  }
  return event.type !== 'paste' && document.getSelection()?.isCollapsed === false
}
