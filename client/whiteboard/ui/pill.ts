import { effect, type ReadonlySignal, signal } from '@preact/signals-core'
import type { LinkState, Status } from '../../provider/status.ts'
import { pillWords } from './pill-words.ts'

/** What takes less to be saved is not spoken of, in ms: else every stroke would blink. */
const PATIENCE_MS = 600

/** What the styles know. */
const LOOKS = {
  connecting: 'connecting',
  online: 'live',
  offline: 'offline',
  'needs-auth': 'refused',
  denied: 'refused',
} as const satisfies Record<LinkState['is'], string>

export interface PillPlaces {
  readonly pill: HTMLElement
  readonly saved: HTMLElement
  /** With a paragraph for the sentence. */
  readonly note: HTMLElement
}

/**
 * The state of the link as a word in a pill, that of saving as a word beside it, and what there is
 * to know about either as a note. Pill and note are live regions; a count beside every stroke would
 * talk all the time.
 */
export function showPill(
  { pill, saved, note }: PillPlaces,
  status: ReadonlySignal<Status>,
): () => void {
  const shown = signal(status.value)
  let timer: ReturnType<typeof setTimeout> | undefined
  const show = () => {
    timer = undefined
    shown.value = status.value
  }
  const stopWaiting = effect(() => {
    const { value } = status
    // Only what was saved a moment ago is given time. What waited here is seen on its way.
    if (value.save.is === 'saving' && shown.peek().save.is === 'saved') {
      shown.value = { ...value, save: { is: 'saved' } }
      timer ??= setTimeout(show, PATIENCE_MS)
      return
    }
    clearTimeout(timer)
    show()
  })
  const word = document.createElement('span')
  pill.replaceChildren(word)
  const sentence = note.querySelector('p') ?? note
  const stopShowing = effect(() => {
    const words = pillWords(shown.value)
    pill.dataset.state = LOOKS[shown.value.link.is]
    saved.dataset.save = shown.value.save.is
    // Writing the same word again would have it read aloud again.
    write(word, words.word)
    write(saved, words.saved)
    write(sentence, words.note)
    note.hidden = words.note === ''
  })
  return () => {
    clearTimeout(timer)
    stopWaiting()
    stopShowing()
  }
}

function write(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text
}
