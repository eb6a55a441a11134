import { effect, type ReadonlySignal, signal } from '@preact/signals-core'
import type { LinkState } from '../../link/link-state.ts'
import type { SaveState } from '../../link/saved.ts'
import { pillWords } from './pill-words.ts'

/** What takes less to be saved is not spoken of, in ms: else every stroke would blink. */
const PATIENCE_MS = 600

export interface PillPlaces {
  readonly pill: HTMLElement
  readonly saved: HTMLElement
  readonly note: HTMLElement
}

/**
 * The state of the link as a word in a pill, of saving as a word beside it, and what there is to
 * know about either as a note. Only the pill is a live region: the others would talk all the time.
 */
export function showPill(
  { pill, saved: beside, note }: PillPlaces,
  link: ReadonlySignal<LinkState>,
  saved: ReadonlySignal<SaveState>,
): () => void {
  const shown = signal<SaveState>(saved.value)
  let timer: ReturnType<typeof setTimeout> | undefined
  const stopWaiting = effect(() => {
    const { value } = saved
    clearTimeout(timer)
    if (value === 'saved') shown.value = value
    else {
      timer = setTimeout(() => {
        shown.value = value
      }, PATIENCE_MS)
    }
  })
  const word = document.createElement('span')
  pill.replaceChildren(word)
  const stopShowing = effect(() => {
    const words = pillWords(link.value, shown.value)
    pill.dataset.state = link.value.is
    // Writing the same word again would have it read aloud again.
    if (word.textContent !== words.word) word.textContent = words.word
    beside.textContent = words.saved
    note.textContent = words.note
    note.hidden = words.note === ''
  })
  return () => {
    clearTimeout(timer)
    stopWaiting()
    stopShowing()
  }
}
