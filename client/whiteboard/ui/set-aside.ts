import { effect, type ReadonlySignal } from '@preact/signals-core'
import type { Status } from '../../provider/status.ts'

/** What can be done with changes that the server did not take. */
export interface AsideDoings {
  saveAside(): void
  forgetAside(): void
}

/** The ways out, below the sentence that says that some changes were not taken. */
export function showSetAside(
  place: HTMLElement,
  status: ReadonlySignal<Status>,
  doings: AsideDoings,
): () => void {
  const button = (words: string, run: () => void) => {
    const made = document.createElement('button')
    made.type = 'button'
    made.textContent = words
    made.addEventListener('click', run)
    return made
  }
  place.replaceChildren(
    button('Save them as a file', () => doings.saveAside()),
    button('Forget them', () => doings.forgetAside()),
  )
  return effect(() => {
    place.hidden = status.value.save.is !== 'rejected'
  })
}
