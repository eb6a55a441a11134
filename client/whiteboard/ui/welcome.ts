import { effect, type ReadonlySignal, signal } from '@preact/signals-core'
import type { Status } from '../../provider/status.ts'
import type { Editor } from '../editor/editor.ts'

const WORDS = 'Draw something. Share the link to draw together.'

/**
 * One quiet line in the middle of an empty board. It waits for the server's first word, so that it
 * does not flash up on boards that are not empty, and leaves when anybody begins to draw.
 */
export function showWelcome(
  line: HTMLElement,
  { count, live, draft }: Editor,
  status: ReadonlySignal<Status>,
): () => void {
  line.textContent = WORDS
  const isDrawn = signal(false)
  const look = () => {
    isDrawn.value = live.strokes()[Symbol.iterator]().next().done !== true
  }
  look()
  const stopLooking = live.observe(look)
  const stopShowing = effect(() => {
    const { is } = status.value.link
    const isKnown = is === 'online' || is === 'offline'
    line.hidden = count.value > 0 || isDrawn.value || draft.value !== null || !isKnown
  })
  return () => {
    stopLooking()
    stopShowing()
  }
}
